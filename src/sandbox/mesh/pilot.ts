import {
  ApiError,
  type ClusterState,
  type KubeObject,
  type ResourceKind,
} from '../apiserver/cluster-state.ts';
import {
  ENDPOINT_SLICES,
  PODS,
  SERVICES,
  type EndpointSlice,
  type Pod,
  type Service,
} from '../workloads/resources.ts';
import type { IstioMetrics } from './istio-metrics.ts';
import {
  DESTINATION_RULES,
  GATEWAYS,
  VIRTUAL_SERVICES,
  type DestinationRule,
  type Gateway,
  type VirtualService,
} from './istio-resources.ts';
import type { MeshSnapshot } from './proxy.ts';
import { RouteTable } from './route-table.ts';
import { ServiceRegistry } from './service-registry.ts';

export interface PilotOptions {
  readonly metrics: IstioMetrics;
  /** Told which VirtualService is not obeyed, and why. */
  readonly refuse: (virtualService: VirtualService, error: unknown) => void;
  /** How long nothing may change before a push, in milliseconds. Default 100, as istiod. */
  readonly quietMs?: number;
  /** After how long a push comes although things still change. Default 10 000, as istiod. */
  readonly longestWaitMs?: number;
  /** From a push to proxies that obey it, in milliseconds. Default 50. */
  readonly pushMs?: number;
}

const WATCHED: readonly ResourceKind[] = [
  VIRTUAL_SERVICES,
  DESTINATION_RULES,
  GATEWAYS,
  SERVICES,
  ENDPOINT_SLICES,
];

/**
 * Plays istiod: collects changes until they pause, then pushes what is to be obeyed, which takes
 * effect a little later. Another change before each pause is over delays all of them.
 */
export class Pilot {
  readonly #cluster: ClusterState;
  readonly #options: Required<PilotOptions>;
  readonly #subscriptions: (() => void)[];
  readonly #pushes = new Set<NodeJS.Timeout>();
  #waiting: { since: number; timer: NodeJS.Timeout } | undefined;
  #snapshot: MeshSnapshot;
  #settled: (() => void)[] = [];

  constructor(cluster: ClusterState, options: PilotOptions) {
    this.#cluster = cluster;
    this.#options = { quietMs: 100, longestWaitMs: 10_000, pushMs: 50, ...options };
    this.#snapshot = this.#compile();
    let isStarting = true;
    this.#subscriptions = WATCHED.map((kind) =>
      cluster.subscribe(kind, () => {
        if (!isStarting) this.#changed();
      }),
    );
    isStarting = false;
  }

  /** What the proxies obey at this moment. */
  get snapshot(): MeshSnapshot {
    return this.#snapshot;
  }

  /** Resolves when everything that has changed so far is obeyed. */
  settled(): Promise<void> {
    if (this.#waiting === undefined && this.#pushes.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  stop(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    clearTimeout(this.#waiting?.timer);
    for (const push of this.#pushes) clearTimeout(push);
  }

  #changed(): void {
    const now = performance.now();
    const since = this.#waiting?.since ?? now;
    clearTimeout(this.#waiting?.timer);
    const { quietMs, longestWaitMs } = this.#options;
    const wait = Math.max(0, Math.min(quietMs, since + longestWaitMs - now));
    this.#waiting = { since, timer: setTimeout(() => this.#push(since), wait) };
  }

  #push(since: number): void {
    this.#waiting = undefined;
    const snapshot = this.#compile();
    const push = setTimeout(() => {
      this.#pushes.delete(push);
      this.#snapshot = snapshot;
      this.#options.metrics.converged((performance.now() - since) / 1000);
      if (this.#waiting !== undefined || this.#pushes.size > 0) return;
      for (const resolve of this.#settled.splice(0)) resolve();
    }, this.#options.pushMs);
    this.#pushes.add(push);
  }

  #compile(): MeshSnapshot {
    const list = (kind: ResourceKind) => listServed(this.#cluster, kind);
    const registry = new ServiceRegistry({
      services: list(SERVICES) as Service[],
      slices: list(ENDPOINT_SLICES) as EndpointSlice[],
      pods: list(PODS) as Pod[],
      rules: list(DESTINATION_RULES) as DestinationRule[],
    });
    const routes = new RouteTable({
      virtualServices: list(VIRTUAL_SERVICES) as VirtualService[],
      gateways: list(GATEWAYS) as Gateway[],
      registry,
      refuse: this.#options.refuse,
    });
    return { routes, registry };
  }
}

/** Nothing while the kind is not served: somebody deleted its definition. */
function listServed(cluster: ClusterState, kind: ResourceKind): KubeObject[] {
  try {
    return cluster.list(kind);
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  }
}
