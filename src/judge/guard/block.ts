import type { Counts } from './evidence.ts';

/** Durations of the successful requests of one version. */
export interface Durations {
  readonly requests: number;
  /** For each finite bound of the histogram, in milliseconds: how many were not slower. */
  readonly within: readonly (readonly [bound: number, requests: number])[];
}

/** What the samples of one version that lie in a block add to those before. */
export interface VersionCounts extends Counts {
  readonly durations?: Durations | undefined;
}

/** What was counted in a span of time. Times are those of the metrics store, in milliseconds. */
export interface Block {
  readonly from: number;
  readonly to: number;
  /** Number of the step it belongs to. */
  readonly step: number;
  /** Percent of traffic that the canary gets throughout. */
  readonly weight: number;
  /** The share of traffic changed meanwhile: the versions cannot be compared. */
  readonly isVoid: boolean;
  /** Whether durations count: the canary's pods had been ready for long enough. */
  readonly isWarm: boolean;
  /** Undefined: no sample of this version was taken. That is not the same as no requests. */
  readonly canary: VersionCounts | undefined;
  readonly primary: VersionCounts | undefined;
}

/** One block or several that follow each other, until there are samples of both versions. */
export interface OpenBlock {
  readonly from: number;
  readonly blocks: number;
  readonly isVoid: boolean;
  readonly isWarm: boolean;
  readonly canary?: VersionCounts | undefined;
  readonly primary?: VersionCounts | undefined;
}

/**
 * A version that was not sampled in one block has the requests of both in the next: so the other's
 * must be added up too. If the shares changed on the way, the whole of it is void.
 */
export function join(open: OpenBlock | undefined, block: Block): OpenBlock {
  const canary = usable(block.canary);
  const primary = usable(block.primary);
  const { from, isVoid, isWarm } = block;
  if (open === undefined) return { from, blocks: 1, isVoid, isWarm, canary, primary };
  return {
    from: open.from,
    blocks: open.blocks + 1,
    isVoid: open.isVoid || isVoid,
    isWarm: open.isWarm && isWarm,
    canary: sum(open.canary, canary),
    primary: sum(open.primary, primary),
  };
}

/** Samples of both versions are there; at full weight nothing has to come from the primary. */
export function isComplete({ canary, primary }: OpenBlock, weight: number): boolean {
  return canary !== undefined && (primary !== undefined || weight === 100);
}

/** Requests slower than a bound; undefined where the histogram does not have it. */
export function slowerThan(bound: number, { requests, within }: Durations): Counts | undefined {
  const found = within.find(([other]) => other === bound);
  return found && { requests, bad: clamp(requests - found[1], requests) };
}

/** What no counter can have counted is no sample. */
export function usable(counts: VersionCounts | undefined): VersionCounts | undefined {
  if (counts === undefined || !isCount(counts.requests) || !isCount(counts.bad)) return undefined;
  const { requests, durations } = counts;
  // Stores that interpolate round both numbers, each on its own.
  const bad = clamp(counts.bad, requests);
  return isUsable(durations) ? { requests, bad, durations } : { requests, bad };
}

function isUsable(durations: Durations | undefined): boolean {
  if (durations === undefined || !isCount(durations.requests)) return false;
  return durations.within.every(([bound, count]) => Number.isFinite(bound) && isCount(count));
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}

/** Of two spans; a version that was sampled in one of them has the requests of both there. */
export function sum(
  a: VersionCounts | undefined,
  b: VersionCounts | undefined,
): VersionCounts | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const counts = { requests: a.requests + b.requests, bad: a.bad + b.bad };
  // Where nothing was answered with success there are no durations, and nothing is missing.
  if (a.durations === undefined && b.durations === undefined) return counts;
  if (a.durations === undefined || b.durations === undefined) {
    return { ...counts, durations: a.durations ?? b.durations };
  }
  return { ...counts, durations: sumDurations(a.durations, b.durations) };
}

/** Bounds that only one of them has say nothing of the sum. */
function sumDurations(a: Durations, b: Durations): Durations {
  const others = new Map(b.within);
  const within = a.within.flatMap(([bound, count]): [number, number][] => {
    const other = others.get(bound);
    return other === undefined ? [] : [[bound, count + other]];
  });
  return { requests: a.requests + b.requests, within };
}
