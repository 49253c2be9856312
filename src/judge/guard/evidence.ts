/** Requests of one version, and how many of them were bad: failed, or slower than a bound. */
export interface Counts {
  readonly requests: number;
  readonly bad: number;
}

/** How evidence is weighed. The defaults are those of a simulation: docs/verdicts.md. */
export interface Weighing {
  /** How many times the allowed rate the canary's may be: one alternative each, all above 1. */
  readonly ratios: readonly number[];
  /** The most evidence, in nats, that one block may bring: one block alone never convicts. */
  readonly cap: number;
  /** The most nats that good behaviour in the past is worth. */
  readonly floor: number;
  /** Correlation between the requests of a block: it counts as at most 1/icc independent ones. */
  readonly icc: number;
}

/** What the canary may have beyond the primary's rate p: `ratio * p + difference`. */
export interface Tolerance {
  readonly ratio: number;
  /** A share of requests, 0 to 1. */
  readonly difference: number;
}

/**
 * The logarithm of a one-sided e-value of one block for "the canary's rate is `ratio` times what is
 * allowed". Its exponential is at most 1 in expectation while the canary is within tolerance,
 * whatever the primary's rate is and however it moves: what strikes both versions cancels out.
 */
export function comparedLog(
  canary: Counts,
  primary: Counts,
  tolerance: Tolerance,
  ratio: number,
  { icc, cap }: Weighing,
): number {
  if (!(canary.requests > 0) || !(primary.requests > 0)) return 0;
  const ours = designEffect(canary.requests, icc);
  const theirs = designEffect(primary.requests, icc);
  const exposure = (tolerance.ratio * canary.requests) / ours;
  const reference = primary.requests / theirs;
  const spared = -Math.log1p(((ratio - 1) * exposure) / (exposure + reference));
  const expected = primary.bad / theirs + (tolerance.difference * reference) / tolerance.ratio;
  return Math.min((canary.bad / ours) * (Math.log(ratio) + spared) + expected * spared, cap);
}

/** The same against a known rate, 0 to 1: the limit of an infinite primary. */
export function absoluteLog(
  { requests, bad }: Counts,
  allowed: number,
  ratio: number,
  { icc, cap }: Weighing,
): number {
  if (!(requests > 0)) return 0;
  const excess = bad * Math.log(ratio) - requests * allowed * (ratio - 1);
  return Math.min(excess / designEffect(requests, icc), cap);
}

/** By how much correlated requests are worth less than as many independent ones. */
function designEffect(requests: number, icc: number): number {
  return 1 + Math.max(requests - 1, 0) * icc;
}

/** One score for each ratio, before any evidence: each may be wrong half as often as all together. */
export function innocent({ ratios }: Weighing): number[] {
  return ratios.map(() => -Math.LN2);
}

/** Scores after one more block that is worth `log(ratio)` to each. */
export function accumulate(
  scores: readonly number[],
  { ratios, floor }: Weighing,
  log: (ratio: number) => number,
): number[] {
  return ratios.map((ratio, i) => Math.max(scores[i] ?? -Math.LN2, -floor) + log(ratio));
}

/**
 * The score that convicts: the innocent reach it in at most `alpha` of all rollouts, although it is
 * looked at after every block, for every ratio and at every one of `bounds` bounds.
 */
export function convictingScore({ ratios }: Weighing, alpha: number, bounds = 1): number {
  return Math.log((ratios.length * bounds) / alpha);
}
