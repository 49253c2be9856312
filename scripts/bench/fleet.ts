import { setTimeout as pass } from 'node:timers/promises';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { RawApi } from '../../test/cluster/kube/api-client.ts';
import { service } from '../../test/manifests/app.ts';
import { follow } from './follow.ts';
import { canary, deployment } from './manifests.ts';

/** A canary of the bench, and where it lives. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** As many as one team may have. */
const IN_ONE_NAMESPACE = 20;

/** A step that began: when it was due, and when the canary's status said so. */
export interface Step {
  readonly at: number;
  /** Of the plan before: undefined when nothing was due, as for the first step. */
  readonly due: number | undefined;
}

type LiveCanary = KubeObject & { status?: CanaryStatus };

const ALL_CANARIES = '/apis/linnet.dev/v1beta1/canaries';
const CANARIES = pathOf('linnet.dev/v1beta1', 'canaries');
const DEPLOYMENTS = pathOf('apps/v1', 'deployments');
const SERVICES = ({ namespace }: Place) => `/api/v1/namespaces/${namespace}/services`;

function pathOf(group: string, resource: string): (place: Place) => string {
  return ({ namespace }) => `/apis/${group}/namespaces/${namespace}/${resource}`;
}

/** The canaries of the bench, as its administrator makes and watches them. */
export class BenchFleet {
  readonly places: readonly Place[];
  readonly steps: Step[] = [];
  /** Due times that the plans named, each once. */
  readonly #dues = new Map<string, Set<number>>();
  readonly #statuses = new Map<string, CanaryStatus>();
  readonly #waiting = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #api: RawApi;

  constructor(api: RawApi, canaries: number) {
    this.#api = api;
    this.places = Array.from({ length: canaries }, (_, i) => ({
      namespace: `team-${Math.floor(i / IN_ONE_NAMESPACE)}`,
      name: `web-${i}`,
    }));
  }

  /** Workloads and Services, as teams have them before they know of Linnet. */
  async deploy(): Promise<void> {
    const namespaces = new Set(this.places.map(({ namespace }) => namespace));
    await inParallel([...namespaces], (name) =>
      this.#api.create('/api/v1/namespaces', { metadata: { name } }),
    );
    await inParallel(this.places, async (place) => {
      await this.#api.create(DEPLOYMENTS(place), deployment(place.name));
      await this.#api.create(SERVICES(place), service(place.name));
    });
    const take = (object: KubeObject) => this.#take(object);
    void follow(this.#api, ALL_CANARIES, take, this.#stopped.signal);
  }

  /** All of them at once. */
  async createCanaries(interval: string): Promise<void> {
    await inParallel(this.places, (place) =>
      this.#api.create(CANARIES(place), canary(place.name, interval)),
    );
  }

  /** Resolves when they are asked to go; what is given back first is Linnet's work. */
  async deleteCanaries(places: readonly Place[]): Promise<void> {
    await inParallel(places, (place) => this.#api.delete(`${CANARIES(place)}/${place.name}`));
  }

  /** Those that are not there, or only just going, are made again as soon as they are gone. */
  async bringBack(places: readonly Place[], interval: string, signal: AbortSignal): Promise<void> {
    await inParallel(places, async (place) => {
      while (!signal.aborted && !(await this.#isMade(place, interval))) {
        await pass(GOING_LOOK_MS, undefined, { signal }).catch(() => undefined);
      }
    });
  }

  /** A new version of each, as the next commit brings it. */
  async release(places: readonly Place[], image: string): Promise<void> {
    const template = { spec: { containers: [{ name: 'app', image }] } };
    await inParallel(places, (place) =>
      this.#api.patch(`${DEPLOYMENTS(place)}/${place.name}`, { spec: { template } }, 'strategic'),
    );
  }

  /** Resolves when all of these are so; rejects with how many are, after the time. */
  async until(
    { what, holds }: { what: string; holds: (status: CanaryStatus) => boolean },
    places: readonly Place[],
    timeoutMs: number,
  ): Promise<void> {
    const isSo = ({ name }: Place) => {
      const status = this.#statuses.get(name);
      return status !== undefined && holds(status);
    };
    const deadline = AbortSignal.timeout(timeoutMs);
    let left = places.filter((place) => !isSo(place));
    while (left.length > 0) {
      if (deadline.aborted) {
        const other = [...this.phases()].map(([phase, count]) => `${count} ${phase}`).join(', ');
        throw new Error(`${left.length} of ${places.length} were not ${what} in time: ${other}`);
      }
      await this.#change(deadline);
      left = left.filter((place) => !isSo(place));
    }
  }

  /** How many canaries are in each phase and stage. */
  phases(): Map<string, number> {
    const phases = new Map<string, number>();
    for (const { phase, stage = '', hold } of this.#statuses.values()) {
      const name = `${phase} ${stage}${hold === undefined ? '' : ` (holds: ${hold.reason})`}`;
      phases.set(name, (phases.get(name) ?? 0) + 1);
    }
    return phases;
  }

  /** How many due times of stored plans lie between. */
  due(from: number, to: number): number {
    return [...this.#dues.values()].flatMap((times) =>
      [...times].filter((time) => time >= from && time < to),
    ).length;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #isMade(place: Place, interval: string): Promise<boolean> {
    const { status } = await this.#api.request(
      'POST',
      CANARIES(place),
      canary(place.name, interval),
    );
    if (status !== 201 && status !== 409) throw new Error(`${place.name}: answered ${status}`);
    return status === 201;
  }

  async #change(deadline: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#waiting.delete(go);
        deadline.removeEventListener('abort', go);
        resolve();
      };
      this.#waiting.add(go);
      deadline.addEventListener('abort', go);
    });
  }

  #take({ metadata: { name }, status }: LiveCanary): void {
    if (status === undefined) return;
    const before = this.#statuses.get(name);
    this.#statuses.set(name, status);
    const [was, is] = [before?.step, status.step];
    if (is !== undefined && is.index !== was?.index && status.phase === 'Progressing') {
      this.steps.push({ at: Date.now(), due: timeOf(was?.dueAt) });
    }
    const due = timeOf(is?.dueAt);
    if (due !== undefined && status.stage === 'analyse') this.#addDue(name, due);
    for (const go of this.#waiting) go();
  }

  #addDue(name: string, due: number): void {
    const times = this.#dues.get(name) ?? new Set();
    this.#dues.set(name, times.add(due));
  }
}

function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

const GOING_LOOK_MS = 500;
const AT_ONCE = 32;

async function inParallel<T>(items: readonly T[], run: (item: T) => Promise<unknown>) {
  const left = [...items].values();
  const worker = async () => {
    for (const item of left) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
