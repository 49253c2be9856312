import type { MeshResponse } from './mesh/mesh-request.ts';

/** What one version answered. */
export interface VersionCount {
  /** The workload; `-` for what the mesh itself answered. */
  readonly workload: string;
  /** Its label `version`, or `unknown`. */
  readonly version: string;
  readonly requests: number;
  /** Answers of 500 and above, and none at all. */
  readonly failed: number;
  readonly byStatus: Readonly<Record<number, number>>;
}

/** Counts answers by who gave them. */
export class TrafficCount {
  readonly #versions = new Map<string, MutableCount>();

  add({ status, servedBy }: MeshResponse): void {
    const { workload, version } = servedBy ?? MESH_ITSELF;
    this.#countOf(workload, version).add(status);
  }

  /** No answer at all. */
  addLost(): void {
    this.#countOf(MESH_ITSELF.workload, MESH_ITSELF.version).add(0);
  }

  /** Ordered by workload and version. */
  versions(): VersionCount[] {
    const sorted = [...this.#versions].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([, count]) => count.read());
  }

  clear(): void {
    this.#versions.clear();
  }

  #countOf(workload: string, version: string): MutableCount {
    const key = `${workload}\0${version}`;
    const count = this.#versions.get(key) ?? new MutableCount(workload, version);
    this.#versions.set(key, count);
    return count;
  }
}

const MESH_ITSELF = { workload: '-', version: 'unknown' };

class MutableCount {
  readonly #workload: string;
  readonly #version: string;
  readonly #byStatus = new Map<number, number>();

  constructor(workload: string, version: string) {
    this.#workload = workload;
    this.#version = version;
  }

  add(status: number): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
  }

  read(): VersionCount {
    const statuses = [...this.#byStatus];
    const sum = (counted: (readonly [number, number])[]) =>
      counted.reduce((all, [, n]) => all + n, 0);
    return {
      workload: this.#workload,
      version: this.#version,
      requests: sum(statuses),
      failed: sum(statuses.filter(([status]) => status === 0 || status >= 500)),
      byStatus: Object.fromEntries(statuses),
    };
  }
}
