import { Pool } from 'undici';

/** Where a request comes from: from outside through the gateway, or from a pod with a sidecar. */
export type Side = 'gateway' | 'mesh';

/** What became of one request. Times are those of `Date.now()`. */
export interface Answer {
  readonly side: Side;
  readonly sentAt: number;
  readonly endedAt: number;
  /** 0: there was none. */
  readonly status: number;
  /** The image of the pod that answered; undefined when a proxy answered for it, or nobody. */
  readonly version: string | undefined;
  /** Who asked, where people are told apart. */
  readonly visitor: number;
}

export interface LoadOptions {
  readonly side: Side;
  readonly origin: string;
  readonly host: string;
  readonly requestsPerSecond: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** People who keep the cookie that they get, one after the other; without it nobody keeps any. */
  readonly visitors?: number;
  readonly onAnswer: (answer: Answer) => void;
}

const ANSWER_DEADLINE_MS = 15_000;
const KEPT_ALIVE_MS = 600_000;
const CONNECTIONS = 32;

/**
 * Sends requests at a rate that does not depend on how they are answered, over connections that are
 * kept alive. Every one of them is told of, those without an answer too.
 */
export class Load {
  readonly #options: LoadOptions;
  readonly #pool: Pool;
  readonly #underWay = new Set<Promise<void>>();
  readonly #cookies = new Map<number, string>();
  #sent = 0;
  #nextAt = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#pool = new Pool(options.origin, {
      connections: CONNECTIONS,
      keepAliveTimeout: KEPT_ALIVE_MS,
      keepAliveMaxTimeout: KEPT_ALIVE_MS,
      headersTimeout: ANSWER_DEADLINE_MS,
      bodyTimeout: ANSWER_DEADLINE_MS,
    });
  }

  start(): void {
    this.#nextAt = performance.now();
    this.#sendDue();
  }

  /** Resolves when all that was sent has been told of. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#underWay);
    await this.#pool.destroy();
  }

  /** One request more, which is not counted. */
  ask(): Promise<Answer> {
    return this.#send();
  }

  #sendDue(): void {
    const everyMs = 1000 / this.#options.requestsPerSecond;
    for (; this.#nextAt <= performance.now(); this.#nextAt += everyMs) {
      const exchange = this.#send().then(this.#options.onAnswer);
      this.#underWay.add(exchange);
      void exchange.finally(() => this.#underWay.delete(exchange));
    }
    this.#timer = setTimeout(() => this.#sendDue(), this.#nextAt - performance.now());
  }

  async #send(): Promise<Answer> {
    const { side, host, visitors = 0, headers = {} } = this.#options;
    const visitor = visitors === 0 ? 0 : this.#sent++ % visitors;
    const cookie = this.#cookies.get(visitor);
    const given = { ...headers, host, ...(cookie === undefined ? {} : { cookie }) };
    const sentAt = Date.now();
    const about = { side, sentAt, visitor };
    try {
      const answer = await this.#pool.request({ method: 'GET', path: '/', headers: given });
      await answer.body.dump();
      if (visitors > 0) this.#keepCookie(visitor, answer.headers['set-cookie']);
      const version = answer.headers['x-version']?.toString();
      return { ...about, endedAt: Date.now(), status: answer.statusCode, version };
    } catch {
      return { ...about, endedAt: Date.now(), status: 0, version: undefined };
    }
  }

  #keepCookie(visitor: number, set: string | string[] | undefined): void {
    const [pair] = [set].flat().at(-1)?.split(';') ?? [];
    if (pair !== undefined) this.#cookies.set(visitor, pair);
  }
}
