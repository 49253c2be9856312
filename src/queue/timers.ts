/** The earliest time asked for each key, kept in this process. */
export class Timers {
  private readonly timers = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  private readonly run: (due: { key: string; at: number }) => void;

  constructor(run: (due: { key: string; at: number }) => void) {
    this.run = run;
  }

  /** Runs the key at `at` (milliseconds since 1970), unless it is to run sooner already. */
  add(key: string, at: number): void {
    const now = Date.now();
    const due = Math.max(now, at);
    const present = this.timers.get(key);
    if (present !== undefined && present.at <= at) return;
    if (present !== undefined) clearTimeout(present.timer);
    const delay = Math.min(due - now, LONGEST);
    const timer = setTimeout(() => {
      this.timers.delete(key);
      this.run({ key, at: due });
    }, delay);
    timer.unref();
    this.timers.set(key, { at, timer });
  }

  /** The key is not run, whatever was asked for. */
  cancel(key: string): void {
    clearTimeout(this.timers.get(key)?.timer);
    this.timers.delete(key);
  }

  /** Nothing runs any more; answers what was to run. */
  takeAll(): { key: string; at: number }[] {
    const left = [...this.timers].map(([key, { at }]) => ({ key, at }));
    for (const { timer } of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    return left;
  }

  get size(): number {
    return this.timers.size;
  }
}

/** A timer of Node's above 2^31 ms fires at once; a key looked at too early does no harm. */
const LONGEST = 2 ** 31 - 1;
