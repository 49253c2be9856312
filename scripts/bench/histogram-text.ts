/** Upper bounds of a histogram in the text of /metrics, ascending, and how many are within each. */
export type Buckets = ReadonlyMap<number, number>;

export function bucketsIn(metrics: string, name: string): Buckets {
  const pattern = new RegExp(`^${name}_bucket\\{le="([^"]+)"\\} (\\S+)$`, 'gm');
  const found = [...metrics.matchAll(pattern)];
  return new Map(
    found.map(([, le, count]) => [le === '+Inf' ? Infinity : Number(le), Number(count)]),
  );
}

/**
 * The upper bound of the bucket that holds the quantile of what came between two scrapes; undefined
 * when nothing came.
 */
export function grownQuantile(q: number, before: Buckets, after: Buckets): number | undefined {
  const grown = [...after].map(
    ([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const,
  );
  const all = grown.at(-1)?.[1] ?? 0;
  if (all === 0) return undefined;
  return grown.find(([, count]) => count >= q * all)?.[0];
}

/** The value below which that share of the values lies; undefined without any. */
export function quantileOf(q: number, values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
