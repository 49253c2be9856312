import type { CanaryStatus, Message } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';

/** What a plan said from one moment on. */
export interface Plan {
  readonly at: number;
  /** Of the Linnet that wrote it. */
  readonly planVersion: number;
  readonly phase: string;
  readonly stage: string;
  readonly weight: number;
  readonly failedChecks: number;
  readonly isHeld: boolean;
  readonly outbox: readonly Message[];
  readonly rollouts: CanaryStatus['history'];
  readonly stalled: string | undefined;
  readonly verdict: string;
}

/** What the live routes were from one moment on. */
export interface Routes {
  readonly at: number;
  readonly weight: number;
  readonly fence: string;
}

/** All that happened to one canary, in the order of the API server's history. */
export interface Account {
  readonly plans: Plan[];
  readonly routes: Routes[];
  isGone: boolean;
}

/** Writes down every change of every Canary and VirtualService of a cluster. */
export class Chronicle {
  readonly #accounts = new Map<string, Account>();
  readonly #waiting = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #api: RawApi;
  #failure: Error | undefined;

  private constructor(api: RawApi) {
    this.#api = api;
  }

  /** Of what happens from now on. */
  static async open(api: RawApi): Promise<Chronicle> {
    const chronicle = new Chronicle(api);
    const follow = async (path: string, tell: Tell) => {
      const { metadata } = await api.get<List>(path);
      void chronicle.#follow(path, metadata.resourceVersion, tell);
    };
    await follow(CANARIES, (object, isGone) => chronicle.#tellCanary(object, isGone));
    await follow(VIRTUAL_SERVICES, (object, isGone) => chronicle.#tellRoutes(object, isGone));
    return chronicle;
  }

  of(namespace: string, name: string): Account {
    const key = `${namespace}/${name}`;
    const known = this.#accounts.get(key);
    if (known !== undefined) return known;
    const fresh: Account = { plans: [], routes: [], isGone: false };
    this.#accounts.set(key, fresh);
    return fresh;
  }

  /** How many canaries have a plan of this version. */
  countOf(planVersion: number): number {
    const plans = [...this.#accounts.values()].map((account) => account.plans.at(-1));
    return plans.filter((plan) => plan?.planVersion === planVersion).length;
  }

  /** Resolves when it holds; rejects with what was last heard when the time is over. */
  async until(
    [namespace, name]: readonly [string, string],
    holds: (account: Account) => boolean,
    timeoutMs: number,
  ): Promise<Account> {
    const late = AbortSignal.timeout(timeoutMs);
    const account = this.of(namespace, name);
    while (!holds(account)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (late.aborted) throw new Error(`${namespace}/${name} ${standstill(account, timeoutMs)}`);
      await this.#change(late);
    }
    return account;
  }

  stop(): void {
    this.#stopped.abort();
  }

  #change(late: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        late.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      late.addEventListener('abort', wake, { once: true });
    });
  }

  #tellCanary({ metadata, ...object }: KubeObject, isGone: boolean): void {
    const account = this.of(metadata.namespace ?? '', metadata.name);
    account.isGone = isGone;
    const { status } = object as { status?: CanaryStatus };
    if (status === undefined || isGone) return;
    account.plans.push({
      at: performance.now(),
      planVersion: status.planVersion,
      phase: status.phase,
      stage: status.stage ?? '',
      weight: status.step?.weight ?? 0,
      failedChecks: status.failedChecks,
      isHeld: status.hold !== undefined,
      outbox: status.outbox ?? [],
      rollouts: status.history ?? [],
      stalled: status.conditions.find((c) => c.type === 'Stalled' && c.status === 'True')?.message,
      verdict: status.verdict ?? '',
    });
  }

  #tellRoutes({ metadata, ...object }: KubeObject, isGone: boolean): void {
    if (isGone) return;
    const { spec } = object as unknown as VirtualService;
    const routes = spec.http.flatMap(({ route }) => route);
    const weight = routes.find(({ destination }) => /-canary(\.|$)/.test(destination.host))?.weight;
    this.of(metadata.namespace ?? '', metadata.name).routes.push({
      at: performance.now(),
      weight: weight ?? 0,
      fence: metadata.annotations?.['linnet.dev/fence'] ?? '',
    });
  }

  /** Without a gap: a watch that ends is taken up where it ended. */
  async #follow(path: string, since: string, tell: Tell): Promise<void> {
    let version = since;
    try {
      while (!this.#stopped.signal.aborted) {
        const from = `${path}?allowWatchBookmarks=true&resourceVersion=${version}`;
        for await (const { type, object } of this.#api.watch(from, this.#stopped.signal)) {
          if (type === 'ERROR') throw new Error(`${path}: ${JSON.stringify(object)}`);
          version = object.metadata.resourceVersion ?? version;
          if (type === 'BOOKMARK') continue;
          tell(object, type === 'DELETED');
          for (const wake of this.#waiting) wake();
        }
      }
    } catch (error) {
      this.#failure = new Error(`${path} cannot be followed`, { cause: error });
      for (const wake of this.#waiting) wake();
    }
  }
}

const CANARIES = '/apis/linnet.dev/v1beta1/canaries';
const VIRTUAL_SERVICES = '/apis/networking.istio.io/v1/virtualservices';

type Tell = (object: KubeObject, isGone: boolean) => void;

interface List {
  readonly metadata: { readonly resourceVersion: string };
}

interface VirtualService {
  spec: { http: { route: { destination: { host: string }; weight?: number }[] }[] };
}

function standstill({ plans, routes }: Account, timeoutMs: number): string {
  const told = plans.slice(-3).map((plan) => JSON.stringify(plan));
  return `came no further within ${timeoutMs} ms: ${told.join('\n')}\n${JSON.stringify(routes.at(-1))}`;
}
