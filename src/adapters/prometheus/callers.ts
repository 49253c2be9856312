import type { CallerShare } from '../../ports/split.ts';
import type { WatchedBy } from './fleet.ts';
import { callersSince } from './split.ts';

/**
 * Who sent the requests of a step: a query for one canary, made every half minute at most, however often
 * a rollout is looked at that its callers hold up.
 */
export class Callers {
  readonly #ask: typeof callersSince;
  /** By canary, in the order in which they were asked about. */
  readonly #asked = new Map<string, Asked>();

  constructor(ask = callersSince) {
    this.#ask = ask;
  }

  since(by: WatchedBy, since: number, now: number): Promise<readonly CallerShare[]> {
    this.#forget(now);
    const { key } = by.watched;
    const known = this.#asked.get(key);
    if (known?.since === since) return known.callers;
    const callers = this.#ask(by, since, now);
    this.#asked.delete(key);
    this.#asked.set(key, { since, at: now, callers });
    return callers;
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#asked) {
      if (Math.abs(now - at) < KEPT_MS) return;
      this.#asked.delete(key);
    }
  }
}

interface Asked {
  readonly since: number;
  readonly at: number;
  readonly callers: Promise<readonly CallerShare[]>;
}

const KEPT_MS = 30_000;
