import type { KubeObject } from '../../src/ports/cluster.ts';
import type { RawApi } from '../../test/cluster/kube/api-client.ts';
import { follow } from './follow.ts';
import type { PlayedTraffic } from './played-traffic.ts';

/** A weight that somebody wrote into a VirtualService. */
export interface RouteWrite {
  /** When this process heard of it, in milliseconds since 1970. */
  readonly at: number;
  /** Of the canary. */
  readonly name: string;
  readonly weight: number;
}

/** Some writes that istiod would tell the proxies of at once. */
export interface Push {
  readonly writes: number;
  /** How long the first of them waited for it. */
  readonly waitedMs: number;
}

/** What istiod gets to see, and the traffic then obeys: every write of a VirtualService. */
export class BenchRoutes {
  readonly writes: RouteWrite[] = [];
  readonly #versions = new Map<string, string>();
  readonly #stopped = new AbortController();

  readonly #traffic: PlayedTraffic;

  constructor(api: RawApi, traffic: PlayedTraffic) {
    this.#traffic = traffic;
    const take = (object: KubeObject) => this.#take(object as VirtualService);
    void follow(api, VIRTUAL_SERVICES, take, this.#stopped.signal);
  }

  stop(): void {
    this.#stopped.abort();
  }

  #take({ metadata: { name, resourceVersion = '' }, spec }: VirtualService): void {
    if (this.#versions.get(name) === resourceVersion) return;
    this.#versions.set(name, resourceVersion);
    const routes = spec.http.flatMap(({ route }) => route);
    const canary = routes.find(({ destination }) => /-canary(\.|$)/.test(destination.host));
    const weight = canary?.weight ?? 0;
    this.writes.push({ at: Date.now(), name, weight });
    this.#traffic.route(name, weight);
  }
}

const VIRTUAL_SERVICES = '/apis/networking.istio.io/v1/virtualservices';

interface VirtualService extends KubeObject {
  readonly spec: {
    readonly http: readonly {
      readonly route: readonly { destination: { host: string }; weight?: number }[];
    }[];
  };
}

/**
 * The pushes that istiod makes of these writes with its defaults: after 100 ms without another, at
 * the latest 10 s after the first (`PILOT_DEBOUNCE_AFTER`, `PILOT_DEBOUNCE_MAX`).
 */
export function pushesOf(writes: readonly RouteWrite[]): Push[] {
  const pushes: Push[] = [];
  let gathered: number[] = [];
  const push = () => {
    const [first = 0, last = 0] = [gathered[0], gathered.at(-1)];
    const at = Math.min(last + QUIET_MS, first + LONGEST_MS);
    if (gathered.length > 0) pushes.push({ writes: gathered.length, waitedMs: at - first });
    gathered = [];
  };
  for (const { at } of writes) {
    const [first = at, last = at] = [gathered[0], gathered.at(-1)];
    if (at - last > QUIET_MS || at - first > LONGEST_MS) push();
    gathered.push(at);
  }
  push();
  return pushes;
}

const QUIET_MS = 100;
const LONGEST_MS = 10_000;
