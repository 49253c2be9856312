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
}

export interface LoadOptions {
  readonly side: Side;
  readonly origin: string;
  readonly host: string;
  readonly requestsPerSecond: number;
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
    const { side, host } = this.#options;
    const sentAt = Date.now();
    try {
      const answer = await this.#pool.request({ method: 'GET', path: '/', headers: { host } });
      await answer.body.dump();
      const version = answer.headers['x-version'];
      const { statusCode: status } = answer;
      return { side, sentAt, endedAt: Date.now(), status, version: version?.toString() };
    } catch {
      return { side, sentAt, endedAt: Date.now(), status: 0, version: undefined };
    }
  }
}
