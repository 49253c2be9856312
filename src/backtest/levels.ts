import type { CountedEdge } from '../ports/telemetry.ts';

/** Edges that follow each other in which the canary had about the same share of the requests. */
export interface Level {
  /** Of the edges that were given: the first, and the one after the last. */
  readonly first: number;
  readonly end: number;
  /** 0 to 1. */
  readonly share: number;
}

/**
 * Cuts edges where the canary's share changes: again and again at the place where two shares explain
 * the counts best against one (a likelihood ratio), as long as that is no chance and no trifle. Of an
 * edge no more than a few hundred requests count: the scrapes of the two versions are not of the same
 * moment, which alone moves the share a little however many requests there are.
 */
export function levelsOf(edges: readonly CountedEdge[]): Level[] {
  const sums = prefixSums(edges);
  const cuts = [...cutsWithin(sums, 0, edges.length)].sort((a, b) => a - b);
  const bounds = [0, ...cuts, edges.length];
  return bounds.slice(1).map((end, i) => {
    const first = bounds[i] ?? 0;
    return { first, end, share: shareIn(sums, first, end) };
  });
}

/** Between edges: all before them. */
interface Sums {
  readonly canary: readonly number[];
  readonly both: readonly number[];
}

function prefixSums(edges: readonly CountedEdge[]): Sums {
  const sums = { canary: [0], both: [0] };
  for (const [i, { canary, primary }] of edges.entries()) {
    const [ours, theirs] = [canary?.requests ?? 0, primary?.requests ?? 0];
    const weight = Math.min(1, MOST_REQUESTS / Math.max(1, ours + theirs));
    sums.canary.push((sums.canary[i] ?? 0) + ours * weight);
    sums.both.push((sums.both[i] ?? 0) + (ours + theirs) * weight);
  }
  return sums;
}

/** Independent ones, of an edge. */
const MOST_REQUESTS = 400;

function* cutsWithin(sums: Sums, first: number, end: number): Generator<number> {
  let [best, most] = [0, LEAST_GAIN];
  const whole = likelihood(sums, first, end);
  for (let cut = first + LEAST_EDGES; cut <= end - LEAST_EDGES; cut += 1) {
    const gain = 2 * (likelihood(sums, first, cut) + likelihood(sums, cut, end) - whole);
    if (gain > most && isOther(shareIn(sums, first, cut), shareIn(sums, cut, end))) {
      [best, most] = [cut, gain];
    }
  }
  if (best === 0) return;
  yield* cutsWithin(sums, first, best);
  yield best;
  yield* cutsWithin(sums, best, end);
}

/** An edge in which the weight changes has a share of its own, and is no step. */
const LEAST_EDGES = 2;
/** Chi-square of one degree of freedom: less than one in ten thousand cuts is chance. */
const LEAST_GAIN = 16;

/** Whether two shares can be two weights: by their odds, so that 95 and 100 % are told apart too. */
function isOther(a: number, b: number): boolean {
  const odds = (share: number) => (share + 1e-6) / (1 - share + 1e-6);
  const ratio = odds(a) / odds(b);
  return ratio > LEAST_RATIO || ratio < 1 / LEAST_RATIO;
}

const LEAST_RATIO = 1.2;

/** Of one share, in nats. */
function likelihood(sums: Sums, first: number, end: number): number {
  const [canary, both] = countsIn(sums, first, end);
  const log = (n: number) => (n > 0 ? n * Math.log(n / both) : 0);
  return log(canary) + log(both - canary);
}

function shareIn(sums: Sums, first: number, end: number): number {
  const [canary, both] = countsIn(sums, first, end);
  return both > 0 ? canary / both : 0;
}

function countsIn({ canary, both }: Sums, first: number, end: number): [number, number] {
  const of = (sums: readonly number[]) => (sums[end] ?? 0) - (sums[first] ?? 0);
  return [of(canary), of(both)];
}
