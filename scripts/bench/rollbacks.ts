import type { RouteWrite } from './routes.ts';

/** How long it took until a version that fails for everybody got no requests any more, in ms. */
export interface Rollback {
  /** From the first sample of Prometheus that shows a failure. */
  readonly sinceFirst: number;
  /** From the last sample before the write: the one that completed the evidence, or a later one. */
  readonly sinceLast: number;
}

/** Of those that were taken back; the writes and the samples in the order of their times. */
export function rollbacksIn(writes: readonly RouteWrite[], samples: readonly number[]): Rollback[] {
  const [first] = samples;
  if (first === undefined) return [];
  return writes
    .filter(({ at, weight }) => weight === 0 && at >= first)
    .map(({ at }) => ({
      sinceFirst: at - first,
      sinceLast: at - (samples.findLast((sample) => sample <= at) ?? first),
    }));
}
