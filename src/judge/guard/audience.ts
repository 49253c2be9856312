import type { Canary } from '../../api/canary.ts';

/**
 * Why the guard does not compare the versions of this Canary: their requests are not a random split
 * of the same ones, so that a difference between them says nothing of the version. Undefined: they
 * are, whenever the canary has a weight.
 */
export function sitsOut({ spec }: Canary): string | undefined {
  const { iterations, match = [] } = spec.analysis;
  if (match.length > 0) {
    return 'the canary gets the requests that match, the primary all others: they are not comparable';
  }
  if (iterations !== undefined) {
    return 'the canary gets no share of the requests before it is promoted: nothing to compare';
  }
  return undefined;
}

/** Whether the canary must get about its weight of the requests: those with a cookie stay where they are. */
export function followsWeight({ spec }: Canary): boolean {
  return spec.analysis.sessionAffinity === undefined;
}
