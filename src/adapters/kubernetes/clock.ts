import type { Clock } from '../../ports/clock.ts';

/** A clock that learns the API server's time from its answers. */
export interface ServerClock extends Clock {
  /**
   * Takes note of an answer's `Date`. `sentAt` and `receivedAt` are readings of
   * `performance.now()` around it.
   */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void;
}

/** Slower answers say too little about when their date was written. */
const SLOWEST_MS = 2_000;
/** `Date` names whole seconds: the server's time was at most this much later. */
const DATE_RESOLUTION_MS = 1_000;
/** How far two clocks may drift apart, a fraction of the time since they were compared. */
const DRIFT = 1e-4;
/** Estimates get better, so that time may seem to go back a little: then it stands still. */
const STANDS_STILL_MS = 2_000;

/**
 * Each answer bounds the offset between the server's clock and ours from both sides, to a second
 * and the answer's time. The bounds of many answers together are narrow. Before the first answer it
 * is this machine's time.
 */
export function serverClock(): ServerClock {
  let bounds: { low: number; high: number; at: number } | undefined;
  let latest = -Infinity;

  return {
    now() {
      const told =
        bounds === undefined ? Date.now() : performance.now() + (bounds.low + bounds.high) / 2;
      if (told < latest - STANDS_STILL_MS || told > latest) latest = told;
      return Math.round(latest);
    },
    observe(date, sentAt, receivedAt) {
      const told = Date.parse(date ?? '');
      if (Number.isNaN(told) || receivedAt - sentAt > SLOWEST_MS) return;
      const seen = { low: told - receivedAt, high: told + DATE_RESOLUTION_MS - sentAt };
      bounds = { ...narrowed(widened(bounds, receivedAt), seen), at: receivedAt };
    },
  };
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

function widened(bounds: (Bounds & { at: number }) | undefined, now: number): Bounds | undefined {
  if (bounds === undefined) return undefined;
  const drift = (now - bounds.at) * DRIFT;
  return { low: bounds.low - drift, high: bounds.high + drift };
}

/** Bounds that contradict each other mean that a clock was set: the newest answer counts. */
function narrowed(known: Bounds | undefined, seen: Bounds): Bounds {
  if (known === undefined) return seen;
  const low = Math.max(known.low, seen.low);
  const high = Math.min(known.high, seen.high);
  return low <= high ? { low, high } : seen;
}
