import { setMaxListeners } from 'node:events';
import {
  INGRESS_GATEWAY,
  sidecarOf,
  type Caller,
  type MeshRequest,
  type MeshResponse,
} from './mesh/mesh-request.ts';
import { pickWeighted, seededRandom, type Random } from './mesh/random.ts';
import { TrafficCount, type VersionCount } from './traffic-count.ts';

export interface LoadOptions {
  /** The Host header: a host of a gateway, or a Service when the caller is in the mesh. */
  readonly authority: string;
  readonly requestsPerSecond: number;
  /** From outside through the ingress gateway (the default), from a client in the mesh, or from whom. */
  readonly caller?: 'gateway' | 'mesh' | Caller;
  readonly path?: string;
  readonly method?: string;
  /** Default: one without a name. */
  readonly users?: readonly User[];
  /** Decides who comes next. Default 1. */
  readonly seed?: number;
}

/** Someone who sends requests and keeps the cookies that come back. */
export interface User {
  /** Of all requests, in proportion to the shares of the others. */
  readonly share: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
}

export type Send = (request: MeshRequest, caller: Caller) => Promise<MeshResponse>;

/**
 * Sends requests at a rate that does not depend on how fast they are answered, as people do, and
 * counts what came back.
 */
export class Load {
  readonly #send: Send;
  readonly #options: LoadOptions;
  readonly #visitors: readonly Visitor[];
  readonly #random: Random;
  readonly #count = new TrafficCount();
  readonly #gone = new AbortController();
  #rate: number;
  #nextAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: Send, options: LoadOptions) {
    this.#send = send;
    this.#options = options;
    this.#rate = options.requestsPerSecond;
    this.#random = seededRandom(options.seed ?? 1);
    // Each request that is under way listens.
    setMaxListeners(0, this.#gone.signal);
    this.#visitors = (options.users ?? [{ share: 1 }]).map((user) => new Visitor(user));
    this.#schedule();
  }

  /** Requests per second from now on; 0 pauses. */
  setRate(requestsPerSecond: number): void {
    this.#rate = requestsPerSecond;
    this.#nextAt = performance.now();
    this.#schedule();
  }

  /** What came back so far, by the version that answered. */
  counts(): VersionCount[] {
    return this.#count.versions();
  }

  /** Forgets what was counted. */
  reset(): void {
    this.#count.clear();
  }

  /** Also goes away from requests that are under way. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#rate = 0;
    this.#gone.abort();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#rate <= 0) return;
    this.#timer = setTimeout(() => this.#sendDue(), Math.max(0, this.#nextAt - performance.now()));
  }

  #sendDue(): void {
    const now = performance.now();
    // After a pause of this process the requests of more than a second are not made up for.
    this.#nextAt = Math.max(this.#nextAt, now - LONGEST_BACKLOG_MS);
    for (; this.#nextAt <= now; this.#nextAt += 1000 / this.#rate) this.#sendOne();
    this.#schedule();
  }

  #sendOne(): void {
    const visitor = pickWeighted(this.#visitors, ({ share }) => share, this.#random);
    if (visitor === undefined) return;
    const { authority, path = '/', method = 'GET' } = this.#options;
    const { signal } = this.#gone;
    const request = { method, path, authority, headers: visitor.headers(), signal };
    void this.#exchange(visitor, request);
  }

  async #exchange(visitor: Visitor, request: MeshRequest): Promise<void> {
    try {
      const response = await this.#send(request, callerOf(this.#options));
      if (this.#gone.signal.aborted) return;
      visitor.remember(response);
      this.#count.add(response);
    } catch {
      this.#count.addLost();
    }
  }
}

const LONGEST_BACKLOG_MS = 1000;
const CLIENT = sidecarOf('load-generator', 'default');

function callerOf({ caller = 'gateway' }: LoadOptions): Caller {
  if (caller === 'gateway') return INGRESS_GATEWAY;
  return caller === 'mesh' ? CLIENT : caller;
}

class Visitor {
  readonly share: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cookies: Map<string, string>;

  constructor({ share, headers = {}, cookies = {} }: User) {
    this.share = share;
    this.#headers = headers;
    this.#cookies = new Map(Object.entries(cookies));
  }

  headers(): Record<string, string> {
    if (this.#cookies.size === 0) return this.#headers;
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`);
    return { ...this.#headers, cookie: pairs.join('; ') };
  }

  remember({ headers }: MeshResponse): void {
    for (const [name, value] of headers) {
      if (name.toLowerCase() !== 'set-cookie') continue;
      const [, cookie = '', content = ''] = /^\s*([^=;]+)=([^;]*)/.exec(value) ?? [];
      if (/;\s*max-age=0*(;|$)/i.test(value)) this.#cookies.delete(cookie);
      else if (cookie !== '') this.#cookies.set(cookie, content);
    }
  }
}
