/** Weights of the two versions that share a route's, or what a user's other destinations leave. */
export interface Split {
  readonly primary: number;
  readonly canary: number;
}

/**
 * Splits `total` by the canary's percent. Both are whole numbers that sum to `total`. Where the
 * percent does not come out even it is rounded, but a version that is to get some traffic never
 * rounds to none (`total` of 2 and more).
 */
export function split(total: number, canaryPercent: number): Split {
  const canary = withinReach(Math.round((total * canaryPercent) / 100), total, canaryPercent);
  return { primary: total - canary, canary };
}

function withinReach(weight: number, total: number, percent: number): number {
  if (percent <= 0 || percent >= 100 || total < 2) return weight;
  return Math.min(Math.max(weight, 1), total - 1);
}

/** The canary's percent in a pair of live weights, as a whole number; undefined when both are 0. */
export function percentOf({ primary, canary }: Split): number | undefined {
  const total = primary + canary;
  return total > 0 ? Math.round((canary * 100) / total) : undefined;
}
