import type { Measurement } from '../../ports/telemetry.ts';

/** An answer, and for how long the store is to be left alone, in milliseconds. */
export interface Paced {
  readonly measured: Measurement;
  readonly restMs: number;
}

/**
 * Leaves a store alone that does not answer, or wants fewer requests: while a step holds for it, it
 * would be asked every few seconds. The same question gets the same error until then. What decides
 * anything, a value or that there is none, is never told twice.
 */
export class Pace {
  readonly #kept = new Map<string, { measured: Measurement; until: number }>();

  /** @param key must hold all of the question. @param now in milliseconds since 1970. */
  async measure(key: string, now: number, ask: () => Promise<Paced>): Promise<Measurement> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now) return kept.measured;
    const { measured, restMs } = await ask();
    this.#forget(now);
    if (restMs > 0) this.#kept.set(key, { measured, until: now + restMs });
    return measured;
  }

  #forget(now: number): void {
    for (const [key, { until }] of this.#kept) if (until <= now) this.#kept.delete(key);
  }
}
