/** An attempt that is to be repeated; the message says why. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  /** What the receiver asked for, in milliseconds. */
  readonly afterMs: number | undefined;

  constructor(why: string, afterMs?: number) {
    super(why);
    this.afterMs = afterMs;
  }
}

/**
 * Whole milliseconds to wait after attempt number `attempts` (from 1): what the attempt asked for,
 * a quarter more at most, five minutes at most; or else half a second, doubled up to half a minute,
 * half of it by chance.
 */
export function pauseAfter(attempts: number, error: Error | undefined): number {
  const asked = error instanceof RetryLater ? error.afterMs : undefined;
  if (asked !== undefined) {
    const granted = Math.min(LONGEST_ASKED_MS, Math.max(SHORTEST_MS, asked));
    return Math.ceil(granted * (1 + Math.random() / 4));
  }
  const doubled = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(Math.max(attempts, 1) - 1, 20));
  return Math.ceil(doubled * (0.5 + Math.random() / 2));
}

const FIRST_MS = 500;
const SHORTEST_MS = 250;
const LONGEST_MS = 30_000;
const LONGEST_ASKED_MS = 300_000;

/** Resolves after `ms`, or at once when the signal says so. Keeps no process alive. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    timer.unref();
    signal.addEventListener('abort', over, { once: true });
  });
}
