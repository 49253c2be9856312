/** A weight of the rollout. Times are those of the metrics store, in milliseconds. */
export interface Shift {
  /** Number of the step. */
  readonly step: number;
  /** Percent of traffic for the canary. */
  readonly weight: number;
  /** When it was decided: before this no proxy knew of it. */
  readonly writtenAt: number;
  /** When every proxy obeyed it; undefined while that is not known. */
  readonly carriedAt: number | undefined;
}

/** Where blocks may begin and end, and how long they are. */
export interface Grid {
  /** Counters are known at multiples of this since 1970. */
  readonly edgeMs: number;
  /** A multiple of `edgeMs`. */
  readonly blockMs: number;
}

/** The span of one block, and what the canary got in it. */
export interface Slot {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly weight: number;
  readonly isVoid: boolean;
}

/** Blocks of at least `wantedMs`, and never shorter than the time between two scrapes. */
export function gridOf(wantedMs: number, scrapeMs: number, edgeMs: number): Grid {
  return { edgeMs, blockMs: edgeMs * Math.ceil(Math.max(wantedMs, scrapeMs, edgeMs) / edgeMs) };
}

/** Where the first block of a rollout begins; undefined before its first weight is carried. */
export function firstEdge([first]: readonly Shift[], { edgeMs }: Grid): number | undefined {
  return first?.carriedAt === undefined ? undefined : edgeAfter(first.carriedAt, edgeMs);
}

/**
 * The block that begins at `from`, an edge of this grid; undefined while its end is not known. Blocks
 * are counted anew from where a weight is carried; from the last whole block before the weight was
 * decided until then all is one void block, because the share of traffic changes in it:
 *
 *     |  block  |  block  |  void .. decided .. carried .. |  block  |  block  |
 *
 * It depends on the shifts alone, so that whoever asks, and whenever, gets the same blocks.
 */
export function slotFrom(from: number, shifts: readonly Shift[], grid: Grid): Slot | undefined {
  const { edgeMs, blockMs } = grid;
  const index = shifts.findLastIndex(
    ({ carriedAt }) => carriedAt !== undefined && edgeAfter(carriedAt, edgeMs) <= from,
  );
  const [present, next] = [shifts[index], shifts[index + 1]];
  if (present === undefined) return undefined;
  const to = from + blockMs;
  if (next === undefined || to <= next.writtenAt) {
    const { step, weight } = present;
    return { from, to, step, weight, isVoid: false };
  }
  if (next.carriedAt === undefined) return undefined;
  const { step, weight, carriedAt } = next;
  return { from, to: edgeAfter(carriedAt, edgeMs), step, weight, isVoid: true };
}

/** Whether durations count from then on: pods that have just become ready are slow. */
export function isWarmFrom(from: number, readyAt: number | undefined, warmupMs: number): boolean {
  return readyAt !== undefined && from >= readyAt + warmupMs;
}

function edgeAfter(time: number, edgeMs: number): number {
  return Math.ceil(time / edgeMs) * edgeMs;
}
