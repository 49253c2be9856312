import { isServerError } from './mesh/grpc-status.ts';
import type { MeshResponse } from './mesh/mesh-request.ts';

/** What one version answered. */
export interface VersionCount {
  /** That the requests were sent to; `-` for those the mesh sent nowhere. */
  readonly workload: string;
  /** Its label `version`, or `unknown`. */
  readonly version: string;
  readonly requests: number;
  /** Answers of 500 and above, server errors of gRPC, and no answer at all. */
  readonly failed: number;
  readonly byStatus: Readonly<Record<number, number>>;
}

/** Counts answers by who gave them. */
export class TrafficCount {
  readonly #versions = new Map<string, MutableCount>();

  add({ status, grpcStatus = 0, servedBy }: MeshResponse): void {
    const { workload, version } = servedBy ?? MESH_ITSELF;
    const isFailed = status === 0 || status >= 500 || isServerError(grpcStatus);
    this.#countOf(workload, version).add(status, isFailed);
  }

  /** No answer at all. */
  addLost(): void {
    this.#countOf(MESH_ITSELF.workload, MESH_ITSELF.version).add(0, true);
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
  #requests = 0;
  #failed = 0;

  constructor(workload: string, version: string) {
    this.#workload = workload;
    this.#version = version;
  }

  add(status: number, isFailed: boolean): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    this.#requests += 1;
    if (isFailed) this.#failed += 1;
  }

  read(): VersionCount {
    return {
      workload: this.#workload,
      version: this.#version,
      requests: this.#requests,
      failed: this.#failed,
      byStatus: Object.fromEntries(this.#byStatus),
    };
  }
}
