import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { ClusterError, type WatchEvent } from '../../ports/cluster.ts';
import { noAnswerOf } from './client-errors.ts';
import { requestLimit } from './client-limit.ts';
import { Failure, retryDelay } from './client-retries.ts';
import { type Exchange, type Transport, failureOf, readJson } from './client-transport.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** One attempt at one request. */
export interface CallReport {
  readonly method: Verb;
  /** The plural. */
  readonly resource: string;
  /** HTTP status; 0 without an answer. */
  readonly code: number;
  /** From sending to the whole answer; for a watch to its beginning. */
  readonly ms: number;
  /** How long it was held back by our own limit. */
  readonly throttledMs: number;
}

export interface CallOptions {
  readonly deadlineMs: number;
  readonly qps: number;
  readonly burst: number;
  readonly onRequest?: ((report: CallReport) => void) | undefined;
}

export interface Calls {
  /** The answer's JSON, after as many attempts as are safe. Rejects with a `ClusterError`. */
  json(verb: Verb, exchange: Exchange): Promise<unknown>;
  /**
   * What `read` makes of the answer's stream; asked for once. Ends quietly when the exchange's
   * signal aborts; throws a `ClusterError` when the stream breaks.
   */
  stream(
    exchange: Exchange,
    read: (body: Readable) => AsyncGenerator<WatchEvent>,
  ): AsyncGenerator<WatchEvent>;
}

/** Requests under a rate limit, with deadlines and retries. */
export function apiCalls(http: Transport, options: CallOptions): Calls {
  const attempt = attempts(options);

  async function once(verb: Verb, exchange: Exchange): Promise<unknown> {
    const { controller, unlink } = linked(exchange.signal);
    try {
      return await attempt(verb, exchange, controller, async () => {
        const answer = await http.send(exchange, controller.signal);
        return { code: answer.code, value: await readJson(exchange, answer, controller.signal) };
      });
    } finally {
      unlink();
    }
  }

  return {
    async json(verb, exchange) {
      const endsAt = performance.now() + 2 * options.deadlineMs;
      for (let count = 1; ; count++) {
        try {
          return await once(verb, exchange);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          const delay = retryDelay(error, count, { idempotent: exchange.method === 'GET' });
          if (delay === undefined || performance.now() + delay > endsAt) throw error.error;
          await pauseFor(delay, exchange);
        }
      }
    },
    async *stream(exchange, read) {
      const { controller, unlink } = linked(exchange.signal);
      try {
        const body = await attempt('watch', exchange, controller, async () => {
          const answer = await http.send(exchange, controller.signal);
          return { code: answer.code, value: answer.body };
        });
        yield* read(body);
      } catch (error) {
        if (exchange.signal?.aborted === true) return;
        if (error instanceof Failure) throw error.error;
        if (error instanceof ClusterError) throw error;
        throw failureOf(exchange, error, controller.signal).error;
      } finally {
        unlink();
        controller.abort();
      }
    },
  };
}

type Attempt = <T>(
  verb: Verb,
  exchange: Exchange,
  controller: AbortController,
  run: () => Promise<{ code: number; value: T }>,
) => Promise<T>;

/** Runs one attempt when the limit permits, aborts it at the deadline, and reports it. */
function attempts({ deadlineMs, qps, burst, onRequest }: CallOptions): Attempt {
  const limit = requestLimit(qps, burst);
  const late = new Error(`none within ${deadlineMs / 1000} s`);

  async function permitted(exchange: Exchange): Promise<number> {
    try {
      return await limit.take(exchange.method === 'GET' ? 'read' : 'write', exchange.signal);
    } catch {
      throw new Failure(noAnswerOf(exchange, 'called off before it was sent'), { aborted: true });
    }
  }

  return async (verb, exchange, controller, run) => {
    const throttledMs = await permitted(exchange);
    const startedAt = performance.now();
    const timer = setTimeout(() => controller.abort(late), deadlineMs);
    let code = 0;
    try {
      const outcome = await run();
      code = outcome.code;
      return outcome.value;
    } catch (error) {
      if (error instanceof Failure) code = error.error.code;
      throw error;
    } finally {
      clearTimeout(timer);
      const ms = performance.now() - startedAt;
      onRequest?.({ method: verb, resource: exchange.kind.resource, code, ms, throttledMs });
    }
  };
}

/** A controller of our own that follows another signal until it is unlinked. */
function linked(signal: AbortSignal | undefined): {
  controller: AbortController;
  unlink: () => void;
} {
  const controller = new AbortController();
  const follow = () => controller.abort(signal?.reason);
  if (signal?.aborted === true) follow();
  else signal?.addEventListener('abort', follow, { once: true });
  return { controller, unlink: () => signal?.removeEventListener('abort', follow) };
}

async function pauseFor(ms: number, exchange: Exchange): Promise<void> {
  try {
    await pause(ms, undefined, exchange.signal && { signal: exchange.signal });
  } catch {
    throw noAnswerOf(exchange, 'called off while it waited to be repeated');
  }
}
