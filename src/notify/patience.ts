/**
 * Attempts under way at one provider that answers as it should. It has these until the first of them
 * runs into its deadline, so the queue needs several times as many places.
 */
const USUAL = 4;
const FIRST_MS = 1000;
const LONGEST_MS = 30_000;
const LONGEST_ASKED_MS = 300_000;

interface Standing {
  underWay: number;
  failures: number;
  /** No attempt before this, in milliseconds since 1970. */
  resumeAt: number;
}

/**
 * How much of this process' attention each provider gets. One that fails is left alone for a while
 * and then tried with one message, so that however many messages wait for it, they take no place
 * from those of other providers.
 */
export class Patience {
  readonly #standings = new Map<string, Standing>();

  /** Milliseconds to wait before an attempt; 0: it may be made, and must be ended with `end`. */
  begin(provider: string, now: number): number {
    const standing = this.#standings.get(provider) ?? { underWay: 0, failures: 0, resumeAt: 0 };
    if (standing.resumeAt > now) return standing.resumeAt - now;
    if (standing.underWay >= (standing.failures > 0 ? 1 : USUAL)) return FIRST_MS;
    standing.underWay += 1;
    this.#standings.set(provider, standing);
    return 0;
  }

  /** Nobody asks for these providers any more: those whose name begins so. */
  forget(prefix: string): void {
    for (const provider of this.#standings.keys()) {
      if (provider.startsWith(prefix)) this.#standings.delete(provider);
    }
  }

  /** Providers that are being called, or that failed. */
  get size(): number {
    return this.#standings.size;
  }

  /** `afterMs`: what the provider itself asked for. */
  end(provider: string, failed: boolean, now: number, afterMs = 0): void {
    const standing = this.#standings.get(provider);
    if (standing === undefined) return;
    standing.underWay -= 1;
    if (failed) this.#leaveAlone(standing, now, Math.min(afterMs, LONGEST_ASKED_MS));
    else this.#trust(provider, standing);
  }

  /** Attempts that were under way together fail together: they count as one failure. */
  #leaveAlone(standing: Standing, now: number, askedMs: number): void {
    const isNews = standing.resumeAt <= now;
    const pauseMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(standing.failures, 10));
    if (isNews) standing.failures += 1;
    standing.resumeAt = Math.max(standing.resumeAt, now + (isNews ? pauseMs : 0), now + askedMs);
  }

  #trust(provider: string, standing: Standing): void {
    standing.failures = 0;
    standing.resumeAt = 0;
    if (standing.underWay === 0) this.#standings.delete(provider);
  }
}
