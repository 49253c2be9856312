import type { Measurement } from './telemetry.ts';

/** The edges that end after `after` and not after `until`; milliseconds of the store's clock. */
export interface CheckPeriod {
  readonly after: number;
  readonly until: number;
}

export interface CheckedAt {
  /** How far back the metric looks. */
  readonly intervalMs: number;
  /** The newest edge of which a check knows. */
  readonly until: number;
  /** From when on samples count. */
  readonly since: number;
  readonly edgeMs: number;
}

/**
 * The whole edges that a check looks at when it is made again: as far back as its metric looks, but not
 * beyond the beginning of the step. Undefined where none has ended since then.
 */
export function checkPeriod(checked: CheckedAt): CheckPeriod | undefined {
  const { intervalMs, until, since, edgeMs } = checked;
  // At least one edge: a window cannot be finer than the grid it is cut from.
  const begin = Math.max(until - Math.max(intervalMs, edgeMs), since);
  const after = Math.ceil(begin / edgeMs) * edgeMs;
  return after < until ? { after, until } : undefined;
}

/** The same, or the newest edge where none is whole: for those who take what there is. */
export function checkPeriodOrLast(checked: CheckedAt): CheckPeriod {
  const { until, edgeMs } = checked;
  return checkPeriod(checked) ?? { after: until - edgeMs, until };
}

/** What is measured of a step of which no edge has ended yet. */
export const ON_THEIR_WAY: Measurement = {
  kind: 'pending',
  why: 'the first samples of the step are on their way',
};
