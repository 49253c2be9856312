import type { CanaryStatus, Phase } from '../../src/api/status.ts';
import type { KubeObject, ResourceKind } from '../../src/ports/cluster.ts';
import {
  apiVersionOf,
  CANARY_KIND,
  CONFIG_MAP,
  DEPLOYMENT,
  VIRTUAL_SERVICE,
} from '../../src/ports/kinds.ts';
import * as KINDS from '../../src/ports/kinds.ts';
import { FATE } from '../cluster/kube/pod-fate.ts';
import { until, untilGone, untilList } from '../cluster/kube/waiting.ts';
import type { Linnet } from '../controller/linnet.ts';
import { canary, deployment, templateOf, type Version } from '../manifests/app.ts';
import type { Requests, Stage } from './stage.ts';

export type LiveCanary = KubeObject & { status?: CanaryStatus };

export interface Deployment extends KubeObject {
  spec: { replicas: number; template: ReturnType<typeof templateOf> };
  status?: { readyReplicas?: number; updatedReplicas?: number; replicas?: number };
}

export interface VirtualService extends KubeObject {
  spec: {
    hosts?: string[];
    http: { route: { destination: { host: string }; weight?: number }[] }[];
  };
}

/** What a watch told of one object. */
export interface Seen<T> {
  readonly object: T;
  readonly isGone: boolean;
}

export interface Recording<T> {
  /** Answers all that was watched, in the order in which it came. */
  stop(): Promise<readonly Seen<T>[]>;
}

/** One namespace of a stage, and what people do and see in it. */
export class Play {
  readonly stage: Stage;
  readonly linnet: Linnet;
  readonly namespace: string;
  readonly #loads: { stop(): void }[] = [];

  constructor(stage: Stage, linnet: Linnet, namespace: string) {
    this.stage = stage;
    this.linnet = linnet;
    this.namespace = namespace;
  }

  path(kind: ResourceKind, name?: string): string {
    const { group, version, resource } = kind;
    const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    const collection = `${root}/namespaces/${this.namespace}/${resource}`;
    return name === undefined ? collection : `${collection}/${name}`;
  }

  /** Creates objects of any kind that Linnet knows, one after the other. */
  async apply(...objects: object[]): Promise<void> {
    for (const object of objects as KubeObject[]) {
      await this.stage.api.create(this.path(kindOf(object)), object);
    }
  }

  /** Makes objects what they should be, whether they exist or not. */
  async put(...objects: object[]): Promise<void> {
    for (const object of objects as KubeObject[]) {
      const path = this.path(kindOf(object), object.metadata.name);
      const exists = await this.stage.api.get(path).then(
        () => true,
        () => false,
      );
      await (exists ? this.stage.api.patch(path, object) : this.apply(object));
    }
  }

  /** A workload that gets requests, and a Canary of it; resolves when it is adopted. */
  async adopt(name: string, analysis: object = {}, spec: object = {}): Promise<void> {
    this.sendRequests(name);
    await this.apply(deployment(name, { image: 'shop:1' }), canary(name, analysis, spec));
    await this.untilPhase(name, 'Initialized');
  }

  sendRequests(service: string, requestsPerSecond = 20, how: Partial<Requests> = {}): void {
    const to = { namespace: this.namespace, service, requestsPerSecond, ...how };
    this.#loads.push(this.stage.sendRequests(to));
  }

  /** No more requests: what is left of the namespace costs nothing. */
  end(): void {
    for (const load of this.#loads.splice(0)) load.stop();
  }

  /** As the next commit does it: nothing of the last version's environment stays. */
  async release(name: string, version: Version): Promise<void> {
    const { metadata, spec } = templateOf(name, version);
    const annotations = { [FATE.neverReady]: null, ...metadata.annotations };
    const template = { metadata: { annotations }, spec };
    await this.stage.api.patch(this.path(DEPLOYMENT, name), { spec: { template } });
  }

  edit(name: string, spec: object): Promise<LiveCanary> {
    return this.stage.api.patch(this.path(CANARY_KIND, name), { spec });
  }

  annotate(name: string, annotations: Record<string, string>): Promise<LiveCanary> {
    return this.stage.api.patch(this.path(CANARY_KIND, name), { metadata: { annotations } });
  }

  setConfig(name: string, data: Record<string, string>): Promise<KubeObject> {
    return this.stage.api.patch(this.path(CONFIG_MAP, name), { data });
  }

  get<T extends KubeObject = KubeObject>(kind: ResourceKind, name: string): Promise<T> {
    return this.stage.api.get<T>(this.path(kind, name));
  }

  async status(name: string): Promise<CanaryStatus | undefined> {
    return (await this.get<LiveCanary>(CANARY_KIND, name)).status;
  }

  until(
    name: string,
    predicate: (status: CanaryStatus, canary: LiveCanary) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<LiveCanary> {
    const holds = (live: LiveCanary) => live.status !== undefined && predicate(live.status, live);
    return until<LiveCanary>(this.stage.api, this.path(CANARY_KIND, name), holds, timeoutMs);
  }

  untilPhase(name: string, phase: Phase, timeoutMs = PATIENCE_MS): Promise<LiveCanary> {
    return this.until(name, (status) => status.phase === phase, timeoutMs);
  }

  /** What there is to read of each Canary, for whoever wonders why a test failed. */
  async verdicts(): Promise<string[]> {
    const { items } = await this.stage.api.get<{ items: LiveCanary[] }>(this.path(CANARY_KIND));
    return items.map(({ metadata: { name }, status }) =>
      [
        name,
        status?.phase,
        status?.verdict,
        ...(status?.history ?? []).map((one) => one.reason),
      ].join(' | '),
    );
  }

  /** How the rollout of a version ended, once it did; a version is known by its place in the history. */
  async untilEnded(name: string, rollouts: number, timeoutMs = PATIENCE_MS): Promise<CanaryStatus> {
    const { status } = await this.until(
      name,
      ({ phase, history = [] }) =>
        (phase === 'Succeeded' || phase === 'Failed') && history.length >= rollouts,
      timeoutMs,
    );
    return status!;
  }

  untilObject<T extends KubeObject>(
    kind: ResourceKind,
    name: string,
    predicate: (object: T) => boolean,
  ): Promise<T> {
    return until<T>(this.stage.api, this.path(kind, name), predicate, PATIENCE_MS);
  }

  untilObjects<T extends KubeObject>(
    kind: ResourceKind,
    predicate: (objects: T[]) => boolean,
  ): Promise<T[]> {
    return untilList<T>(this.stage.api, this.path(kind), predicate, PATIENCE_MS);
  }

  untilGone(kind: ResourceKind, name: string): Promise<void> {
    return untilGone(this.stage.api, this.path(kind, name), PATIENCE_MS);
  }

  /** Every event of the objects of a kind from now on, as a watch tells them. */
  async record<T extends KubeObject>(kind: ResourceKind): Promise<Recording<T>> {
    const { api } = this.stage;
    const { metadata } = await api.get<{ metadata: { resourceVersion: string } }>(this.path(kind));
    const seen: Seen<T>[] = [];
    const stopped = new AbortController();
    const path = `${this.path(kind)}?resourceVersion=${metadata.resourceVersion}`;
    const loop = (async () => {
      for await (const { type, object } of api.watch(path, stopped.signal)) {
        if (type === 'ERROR') throw new Error(`the watch of ${path} ended early`);
        if (type !== 'BOOKMARK') seen.push({ object: object as T, isGone: type === 'DELETED' });
      }
    })();
    loop.catch(() => undefined);
    return {
      async stop() {
        stopped.abort();
        await loop;
        return seen;
      },
    };
  }

  /** The canary's weights that a VirtualService has from now on, each change once. */
  async recordWeights(name: string): Promise<{ stop: () => Promise<number[]> }> {
    const recording = await this.record<VirtualService>(VIRTUAL_SERVICE);
    return {
      async stop() {
        return (await recording.stop())
          .filter(({ object, isGone }) => !isGone && object.metadata.name === name)
          .map(({ object }) => canaryWeightIn(object))
          .filter((weight, i, all) => weight !== all[i - 1]);
      },
    };
  }
}

/** Generous: two cores may have much to do, and nothing but a failure waits this long. */
export const PATIENCE_MS = 90_000;

export function canaryWeightIn({ spec }: VirtualService): number {
  const [route] = spec.http;
  return route === undefined ? 0 : canaryWeightOf(route);
}

/** Of one route. */
export function canaryWeightOf({ route }: VirtualService['spec']['http'][number]): number {
  return route.find(({ destination }) => isCanaryHost(destination.host))?.weight ?? 0;
}

function isCanaryHost(host: string): boolean {
  return host.split('.')[0]?.endsWith('-canary') === true;
}

function kindOf({ kind, apiVersion }: KubeObject & { kind?: string; apiVersion?: string }) {
  const known = Object.values(KINDS).filter((entry) => typeof entry === 'object');
  const found = known.find((entry) => entry.kind === kind && apiVersionOf(entry) === apiVersion);
  if (found === undefined) throw new Error(`no kind ${kind} of ${apiVersion} is known`);
  return found;
}
