/**
 * Whether the canary's points lie above the primary's, as Kayenta's judge asks it: Mann-Whitney with
 * a confidence of 98 %, and a tolerance of a quarter of the Hodges-Lehmann estimate of the shift.
 */
export function liesAbove(canary: readonly number[], primary: readonly number[]): boolean {
  const differences = canary.flatMap((ours) => primary.map((theirs) => ours - theirs));
  if (differences.every((difference) => difference === 0)) return false;
  const sorted = Float64Array.from(differences).sort();
  const estimate = median(sorted);
  const spread = Z * deviation(canary, primary);
  const lowest = sorted[Math.floor(sorted.length / 2 - spread)] ?? -Infinity;
  return estimate > 0 && lowest > TOLERANCE * estimate;
}

/** Of a normal distribution, 98 % within it. */
const Z = 2.326;
const TOLERANCE = 0.25;

function median(sorted: Float64Array): number {
  const middle = sorted.length / 2;
  const [below = 0, above = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (below + above) / 2;
}

/** Of the rank statistic, corrected for points that are equal. */
function deviation(canary: readonly number[], primary: readonly number[]): number {
  const n = canary.length + primary.length;
  const equal = new Map<number, number>();
  for (const point of [...canary, ...primary]) equal.set(point, (equal.get(point) ?? 0) + 1);
  let ties = 0;
  for (const count of equal.values()) ties += count ** 3 - count;
  const corrected = n + 1 - ties / (n * (n - 1));
  return Math.sqrt((canary.length * primary.length * corrected) / 12);
}
