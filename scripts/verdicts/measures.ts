import { quantileOf } from '../../src/adapters/prometheus/histogram.ts';
import type { Counted } from './traffic.ts';

/** One number of one version over some blocks; undefined where there is nothing to compute it from. */
export type Measure = (
  blocks: readonly Counted[],
  version: 'canary' | 'primary',
) => number | undefined;

/** Share of requests that failed. */
export const errorShare: Measure = (blocks, version) => {
  let [requests, bad] = [0, 0];
  for (const block of blocks) {
    requests += block[version].requests;
    bad += block[version].bad;
  }
  return requests > 0 ? bad / requests : undefined;
};

/** In milliseconds, as Prometheus interpolates it. */
export function quantile(q: number): Measure {
  return (blocks, version) => {
    const counts = new Map<number, number>();
    for (const block of blocks) {
      const { requests = 0, within = [] } = block[version].durations ?? {};
      for (const [bound, count] of within) counts.set(bound, (counts.get(bound) ?? 0) + count);
      counts.set(Infinity, (counts.get(Infinity) ?? 0) + requests);
    }
    return quantileOf(q, [...counts]);
  };
}
