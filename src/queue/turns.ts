/**
 * One turn at a time for each key, within this process. Whoever asks while a turn runs is not run
 * beside it: the key gets one more turn right after.
 */
export class Turns {
  private readonly running = new Map<string, { again: boolean; since: number }>();

  /** Runs `turn` now, or once more after the one that runs. Resolves when nothing is left to run. */
  async take(key: string, turn: () => Promise<void>): Promise<void> {
    const present = this.running.get(key);
    if (present !== undefined) {
      present.again = true;
      return;
    }
    const mine = { again: false, since: performance.now() };
    this.running.set(key, mine);
    try {
      do {
        mine.again = false;
        mine.since = performance.now();
        await turn();
      } while (mine.again);
    } finally {
      this.running.delete(key);
    }
  }

  /** Asks for one more turn if one is running; answers whether there was. */
  askAgain(key: string): boolean {
    const present = this.running.get(key);
    if (present !== undefined) present.again = true;
    return present !== undefined;
  }

  /** Milliseconds that the longest of the running turns has taken so far; 0 without one. */
  get longestMs(): number {
    const now = performance.now();
    return Math.max(0, ...[...this.running.values()].map(({ since }) => now - since));
  }

  get size(): number {
    return this.running.size;
  }
}
