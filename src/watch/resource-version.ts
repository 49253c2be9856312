const NUMBER = /^\d+$/;

/**
 * Which resourceVersion is later: 1 for the first, -1 for the second, 0 when they are equal.
 * Undefined when that cannot be told, because one of them is no number.
 */
export function compareVersions(one: string, other: string): -1 | 0 | 1 | undefined {
  if (one === other) return 0;
  if (!NUMBER.test(one) || !NUMBER.test(other)) return undefined;
  return BigInt(one) < BigInt(other) ? -1 : 1;
}
