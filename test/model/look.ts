import { setImmediate } from 'node:timers/promises';
import { istioKinds } from '../../src/adapters/istio/kinds.ts';
import { istioRouter } from '../../src/adapters/istio/router.ts';
import { kubernetesCanaries } from '../../src/adapters/kubernetes/canaries.ts';
import { KubernetesServices } from '../../src/adapters/kubernetes/services.ts';
import { DeploymentWorkload } from '../../src/adapters/kubernetes/workload.ts';
import { ClusterError, type LocalStore } from '../../src/ports/cluster.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import type { World } from '../../src/ports/world.ts';
import { reconcile } from '../../src/reconcile.ts';
import { cachedReader, liveReader } from '../../src/watch/reader.ts';
import { askingApi, type Answer, type Pending, type Request } from './requests.ts';
import { weakened, type Weakness } from './rules.ts';
import { CONVERGENCE_MS, DRAIN_MS, NOW, TICK_MS } from './time.ts';
import { NAMESPACE } from './workload.ts';

/**
 * One look of one replica: the real `reconcile` with the real adapters, whose requests wait until
 * the model answers them. It begins at `NOW`; each answer says how late it is.
 */
export class Look {
  /** Requests that wait for an answer, in the order in which they were made. */
  readonly pending: Pending[] = [];
  /** How it ended; undefined while it runs. */
  end: string | undefined;
  /** What the replica's local store holds, in the moment in which it begins. */
  readonly store: LocalStore;
  readonly #desk: Desk;
  #elapsed = 0;

  private constructor(store: LocalStore, desk: Desk) {
    this.store = store;
    this.#desk = desk;
  }

  static async begin(store: LocalStore, desk: Desk, weakness: Weakness | undefined): Promise<Look> {
    const look = new Look(store, desk);
    desk.look = look;
    const world = weakened(look.#world(store), weakness);
    reconcile({ namespace: NAMESPACE, name: 'web' }, world).then(
      () => (look.end = 'done'),
      (error: unknown) => (look.end = endOf(error)),
    );
    await setImmediate();
    return look;
  }

  /** Answers a request, `elapsed` ticks after the look began, and goes on to the next requests. */
  async answer(index: number, answer: Answer, elapsed: number): Promise<void> {
    const [pending] = this.pending.splice(index, 1);
    this.#elapsed = elapsed;
    this.#desk.look = this;
    pending!.settle(answer);
    await setImmediate();
  }

  #world(store: LocalStore): World {
    const api = askingApi((request) => this.ask(request));
    const held = { ...store, holds: () => true, labelled: () => undefined };
    return {
      clock: { now: () => NOW + this.#elapsed * TICK_MS },
      canaries: this.#desk.canaries,
      workload: new DeploymentWorkload(api, { now: () => NOW + this.#elapsed * TICK_MS }),
      services: new KubernetesServices(api),
      routerFor: () =>
        istioRouter(api, { kinds: istioKinds('v1'), clusterDomain: 'cluster.local' }),
      telemetry: {
        measure: async () => (await this.ask({ verb: 'measure' })) as Measurement,
        traffic: () => undefined,
        grid: () => undefined,
        counted: () => Promise.resolve(undefined),
        isSeen: () => Promise.resolve(true),
        convergenceMs: () => CONVERGENCE_MS,
        controlPlaneAway: () => false,
      },
      evidence: { read: () => Promise.resolve(undefined), advance: () => Promise.resolve(true) },
      hooks: { ask: () => Promise.resolve([]) },
      alerts: { problems: () => Promise.resolve([]) },
      preflight: {
        facts: () => Promise.reject(new Error('preflight was looked at a moment ago')),
      },
      courier: { dispatch: () => {} },
      readers: { cached: cachedReader(held, api), live: liveReader(api) },
      memory: {
        accepted: () => [],
        refusals: () => [],
        setRefusals: () => {},
        preflightAt: () => NOW,
        setPreflightAt: () => {},
        farewellAt: () => 0,
        setFarewellAt: () => {},
      },
      settings: { drainMs: DRAIN_MS, crossNamespaceRefs: true, defaultProvider: false },
    };
  }

  ask(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer) =>
        answer instanceof ClusterError ? reject(answer) : resolve(answer);
      this.pending.push({ request, settle });
    });
  }
}

/**
 * Where looks are executed, one at a time: what they have in common is that a Canary is parsed once,
 * as in one process.
 */
export class Desk {
  look: Look | undefined;
  readonly canaries = kubernetesCanaries(
    askingApi((request) => this.#present().ask(request)),
    {
      get: (...asked) => this.#present().store.get(...asked),
      list: (...asked) => this.#present().store.list(...asked),
    },
  );

  #present(): Look {
    if (this.look === undefined) throw new Error('nobody looks');
    return this.look;
  }
}

/** A conflict ends a look as it should; anything else that is thrown is told. */
function endOf(error: unknown): string {
  if (error instanceof ClusterError) return `${error.code} ${error.reason}`;
  return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
