/** Called with what went wrong and the key it went wrong for. */
export type ReportError = (error: unknown, key: string) => void;

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 10_000;

/**
 * Runs a function once for each key that was asked for, soon but never within the call that asks:
 * any number of events about one object become one run. The function answers in how many
 * milliseconds time alone will make it due again. A run that throws is tried again, later each
 * time.
 */
export class KeyedReconciler {
  readonly #reconcile: (key: string) => number | undefined;
  readonly #report: ReportError;
  readonly #due = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(reconcile: (key: string) => number | undefined, report: ReportError) {
    this.#reconcile = reconcile;
    this.#report = report;
  }

  enqueue(key: string): void {
    this.#due.add(key);
    this.#scheduled ??= setImmediate(() => this.#runDue());
  }

  stop(): void {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#due.clear();
  }

  #runDue(): void {
    this.#scheduled = undefined;
    const keys = [...this.#due];
    this.#due.clear();
    for (const key of keys) this.#runAgainAfter(key, this.#run(key));
  }

  #run(key: string): number | undefined {
    try {
      const again = this.#reconcile(key);
      this.#failures.delete(key);
      return again;
    } catch (error) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      this.#report(error, key);
      return Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
    }
  }

  #runAgainAfter(key: string, milliseconds: number | undefined): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    if (milliseconds === undefined) return;
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.enqueue(key);
      },
      Math.min(milliseconds, LONGEST_TIMER_MS),
    );
    this.#timers.set(key, timer);
  }
}

/** What setTimeout can hold. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
