/** The earliest time asked for each key, kept in this process; what comes due begins in that order. */
export class Timers {
  private readonly timers = new Map<string, Timer>();
  /** Keys whose time has come, and for which there was no place yet. */
  private readonly due = new Set<string>();
  private readonly run: (due: { key: string; at: number }) => Promise<void>;
  private readonly places: number;
  private running = 0;

  /** @param places how many run at a time: thousands that come due at once would all come too late. */
  constructor(places: number, run: (due: { key: string; at: number }) => Promise<void>) {
    this.places = places;
    this.run = run;
  }

  /** Runs the key at `at` (milliseconds since 1970), unless it is to run sooner already. */
  add(key: string, at: number): void {
    const now = Date.now();
    const dueAt = Math.max(now, at);
    const present = this.timers.get(key);
    if (this.due.has(key) || (present !== undefined && present.at <= at)) return;
    if (present !== undefined) clearTimeout(present.timer);
    const delay = Math.min(dueAt - now, LONGEST);
    const timer = setTimeout(() => {
      this.due.add(key);
      this.begin();
    }, delay);
    timer.unref();
    this.timers.set(key, { at, dueAt, timer });
  }

  /** The key is not run, whatever was asked for. */
  cancel(key: string): void {
    clearTimeout(this.timers.get(key)?.timer);
    this.timers.delete(key);
    this.due.delete(key);
  }

  /** Nothing runs any more; answers what was to run. */
  takeAll(): { key: string; at: number }[] {
    const left = [...this.timers].map(([key, { at }]) => ({ key, at }));
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.due.clear();
    return left;
  }

  private begin(): void {
    for (const key of this.due) {
      if (this.running >= this.places) return;
      const { dueAt } = this.timers.get(key)!;
      this.cancel(key);
      this.running += 1;
      void this.run({ key, at: dueAt }).finally(() => {
        this.running -= 1;
        this.begin();
      });
    }
  }
}

interface Timer {
  /** As it was asked for. */
  readonly at: number;
  /** The same, but not before it was asked for. */
  readonly dueAt: number;
  readonly timer: NodeJS.Timeout;
}

/** A timer of Node's above 2^31 ms fires at once; a key looked at too early does no harm. */
const LONGEST = 2 ** 31 - 1;
