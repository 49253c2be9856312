import type { CanaryMetric } from '../api/metrics.ts';
import type { CheckOutcome } from '../api/status.ts';
import type { Measurement } from '../ports/telemetry.ts';
import type { Limit } from './limits.ts';
import { quantity, unitOf } from './quantities.ts';

type Value = Extract<Measurement, { kind: 'value' }>;

/**
 * How the canary stands to the primary; undefined where the metric does not ask. Of a success rate
 * it is the failures that are compared: 98 % is not nearly as good as 99.9 %. Both of `maxRatio`
 * and `maxDifference` must hold where both are given.
 */
export function comparison(metric: CanaryMetric, measured: Value): Limit | undefined {
  const { compareToPrimary: bounds } = metric;
  if (bounds === undefined) return undefined;
  const { primary } = measured;
  if (primary?.kind !== 'value') return unanswered(metric, primary);
  const of = (value: number) => (isSuccessRate(metric) ? 100 - value : value);
  const theirs = of(primary.value);
  const most = Math.min(
    bounds.maxRatio === undefined ? Infinity : bounds.maxRatio * theirs,
    bounds.maxDifference === undefined ? Infinity : theirs + bounds.maxDifference,
  );
  const ours = of(measured.value);
  const outcome = ours > most ? 'fail' : 'pass';
  const sign = outcome === 'fail' ? '>' : '<=';
  const unit = unitOf(metric);
  const limit = `${quantity(most, unit)} beside the primary’s ${quantity(theirs, unit)}`;
  const subject = isSuccessRate(metric) ? 'failures ' : '';
  const failures = isSuccessRate(metric) ? `, failures ${quantity(ours, unit, [most])}` : '';
  return {
    outcome,
    allowed: `${subject}<= ${limit}`,
    relation: `${failures} ${sign} ${limit}`,
  };
}

function isSuccessRate(metric: CanaryMetric): boolean {
  return metric.name === 'request-success-rate';
}

/** Without the primary's number nothing can be compared: that is missing evidence like any other. */
function unanswered(metric: CanaryMetric, primary: Measurement | undefined): Limit {
  const why = primary === undefined || primary.kind === 'value' ? 'not measured' : primary.why;
  const outcome: CheckOutcome = primary?.kind === 'no-data' ? metric.onNoData : 'hold';
  const message = `no number of the primary to compare with: ${why}`;
  return { outcome, allowed: 'a bound set by the primary', relation: `, ${message}`, message };
}
