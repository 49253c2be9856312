import type { DefaultComparison } from '../api/builtin-metrics.ts';
import {
  type CanaryMetric,
  type Comparison,
  comparisonOf,
  isDefaultComparison,
  noDataPolicy,
} from '../api/metrics.ts';
import type { CheckOutcome } from '../api/status.ts';
import type { Counts, Measurement, Shift } from '../ports/telemetry.ts';
import { mostByChance } from './by-chance.ts';
import type { Limit } from './limits.ts';
import { countsText, isSuccessRate, quantity, unitOf } from './quantities.ts';

type Value = Extract<Measurement, { kind: 'value' }>;

/**
 * How the canary stands to the primary; undefined where the metric does not ask. Of a success rate
 * it is the failures that are compared: 98 % is not nearly as good as 99.9 %. Of `maxRatio`,
 * `maxDifference` and `minRatio` each must hold that is given.
 */
export function comparison(metric: CanaryMetric, measured: Value): Limit | undefined {
  const bounds = comparisonOf(metric);
  if (bounds === undefined) return undefined;
  const { primary } = measured;
  if (primary?.kind !== 'value') return unanswered(metric, primary);
  if (isDefaultComparison(bounds)) {
    if (measured.shift !== undefined) return shiftLimit(bounds, measured.shift);
    const most = mostByDefault(bounds, primary.value, measured.counts);
    return atMost(metric, measured, primary.value, most);
  }
  const theirs = isSuccessRate(metric) ? 100 - primary.value : primary.value;
  // Values of a query may be below 0.
  const least = bounds.minRatio === undefined ? -Infinity : bounds.minRatio * theirs;
  if (measured.value < least) return tooLittle(metric, least, theirs);
  const most = mostOf(bounds, theirs);
  return most === Infinity ? enough(metric, least, theirs) : atMost(metric, measured, theirs, most);
}

function atMost(metric: CanaryMetric, measured: Value, theirs: number, most: number): Limit {
  const ours = isSuccessRate(metric) ? 100 - measured.value : measured.value;
  const outcome = ours > most ? 'fail' : 'pass';
  const sign = outcome === 'fail' ? '>' : '<=';
  const limit = beside(metric, most, theirs);
  if (isSuccessRate(metric)) {
    const failures = `, failures ${quantity(ours, unitOf(metric), [most])}`;
    return { outcome, allowed: `failures <= ${limit}`, relation: `${failures} ${sign} ${limit}` };
  }
  const counts = countsText(metric, measured.counts?.primary);
  return {
    outcome,
    allowed: `<= ${limit}`,
    relation: ` ${sign} ${limit}${counts}`,
    edges: [most],
  };
}

function tooLittle(metric: CanaryMetric, least: number, theirs: number): Limit {
  return {
    ...enough(metric, least, theirs),
    outcome: 'fail',
    relation: ` < ${beside(metric, least, theirs)}`,
  };
}

function enough(metric: CanaryMetric, least: number, theirs: number): Limit {
  const allowed = `>= ${beside(metric, least, theirs)}`;
  return { outcome: 'pass', allowed, relation: ` ${allowed}`, edges: [least] };
}

function beside(metric: CanaryMetric, bound: number, theirs: number): string {
  const unit = unitOf(metric);
  return `${quantity(bound, unit)} beside the primary’s ${quantity(theirs, unit)}`;
}

/** `, 25 % of 240 at most 10 B > 5 % beside the primary’s 0 % of 4560 at most 25 B`. */
function shiftLimit(bounds: DefaultComparison, shift: Shift): Limit {
  const { canary, primary } = shift.counts;
  const percent = ({ requests, bad }: Counts['canary']) => (100 * bad) / requests;
  const most = mostByDefault(bounds, percent(primary), shift.counts);
  const outcome = percent(canary) > most ? 'fail' : 'pass';
  const text = (version: Counts['canary'], bound: number) =>
    `${quantity(percent(version), '%', [most])} of ${Math.round(version.requests)} ${shift.side} ${quantity(bound, 'B')}`;
  const limit = `${quantity(most, '%')} beside the primary’s ${text(primary, shift.primaryBound)}`;
  return {
    outcome,
    allowed: `${shift.side} ${quantity(shift.bound, 'B')} <= ${limit}`,
    relation: `, ${text(canary, shift.bound)} ${outcome === 'fail' ? '>' : '<='} ${limit}`,
  };
}

function mostOf(bounds: Comparison, theirs: number): number {
  return Math.min(
    bounds.maxRatio === undefined ? Infinity : bounds.maxRatio * theirs,
    bounds.maxDifference === undefined ? Infinity : theirs + bounds.maxDifference,
  );
}

/** Both are percentages. Where nobody counted, chance is left out. */
function mostByDefault(
  { ratio, difference }: DefaultComparison,
  theirs: number,
  counts: Counts | undefined,
): number {
  const byChance =
    counts === undefined
      ? ratio * theirs
      : (100 * mostByChance(counts.canary.requests, counts.primary, ratio)) /
        counts.canary.requests;
  return Math.min(100, Math.max(theirs + difference, byChance));
}

/** Without the primary's number nothing can be compared: that is missing evidence like any other. */
function unanswered(metric: CanaryMetric, primary: Measurement | undefined): Limit {
  const why = primary === undefined || primary.kind === 'value' ? 'not measured' : primary.why;
  const outcome: CheckOutcome = primary?.kind === 'no-data' ? noDataPolicy(metric) : 'hold';
  const message = `no number of the primary to compare with: ${why}`;
  return { outcome, allowed: 'a bound set by the primary', relation: `, ${message}`, message };
}
