import { setTimeout as pass } from 'node:timers/promises';

/**
 * Lets other work begin only when urgent work is over: beside many others each of its short
 * waits would be a long one. Nobody gives way for longer than `patienceMs` milliseconds, as nobody
 * knows what the urgent work waits for.
 */
export class RightOfWay {
  readonly #urgent = new Set<Promise<unknown>>();
  readonly #patienceMs: number;

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** Runs urgent work at once, beside other urgent work. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#urgent.add(running);
    try {
      return await running;
    } finally {
      this.#urgent.delete(running);
    }
  }

  /** Resolves when no urgent work is left, or patience is. */
  async clear(): Promise<void> {
    if (this.#urgent.size === 0) return;
    const given = new AbortController();
    const { signal } = given;
    await Promise.race([this.#none(signal), pass(this.#patienceMs, undefined, { signal })]);
    given.abort();
  }

  async #none(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#urgent.size > 0) await Promise.allSettled(this.#urgent);
  }
}
