/** How long to wait after failures in a row: doubling from `first` to `most` milliseconds, jittered. */
export class Backoff {
  private readonly failures = new Map<string, number>();
  private readonly first: number;
  private readonly most: number;

  constructor(first: number, most: number) {
    this.first = first;
    this.most = most;
  }

  /** Milliseconds to wait after one more failure of this key: half to all of the doubled delay. */
  failed(key: string): number {
    const count = this.failures.get(key) ?? 0;
    this.failures.set(key, count + 1);
    const delay = Math.min(this.most, this.first * 2 ** Math.min(count, 30));
    return delay * (0.5 + Math.random() / 2);
  }

  succeeded(key: string): void {
    this.failures.delete(key);
  }
}
