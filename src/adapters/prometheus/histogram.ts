/** Upper bound, and how many observations lie at or below it. */
export type Bucket = readonly [bound: number, count: number];

/**
 * Quantile of a classic histogram as Prometheus' `histogram_quantile` gives it: linear within a
 * bucket, and the highest finite bound for what lies beyond it. Undefined without observations or
 * without a bucket that holds them all.
 */
export function quantileOf(q: number, buckets: readonly Bucket[]): number | undefined {
  const sorted = monotonic(buckets);
  const last = sorted.at(-1);
  if (last === undefined || last[0] !== Infinity || last[1] <= 0 || sorted.length < 2) {
    return undefined;
  }
  const rank = q * last[1];
  const index = sorted.findIndex(([, count]) => count >= rank);
  const [bound, count] = sorted[index] ?? last;
  const [lower, below] = sorted[index - 1] ?? [Math.min(bound, 0), 0];
  if (bound === Infinity || count === below) return lower;
  return lower + (bound - lower) * ((rank - below) / (count - below));
}

/** Ascending, with counts that never fall: buckets of a scrape in progress may disagree. */
function monotonic(buckets: readonly Bucket[]): Bucket[] {
  let most = 0;
  return buckets
    .toSorted(([a], [b]) => a - b)
    .map(([bound, count]) => [bound, (most = Math.max(most, count))]);
}
