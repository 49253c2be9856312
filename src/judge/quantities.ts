import { isBuiltinMetric, METRIC_TRAITS } from '../api/builtin-metrics.ts';
import type { CanaryMetric } from '../api/metrics.ts';
import type { Counts } from '../ports/telemetry.ts';

/** What a metric's numbers are measured in; empty where nobody said. */
export function unitOf(metric: Pick<CanaryMetric, 'name'>): string {
  return isBuiltinMetric(metric.name) ? METRIC_TRAITS[metric.name].unit : '';
}

/** More of it is better, and what it counts is the opposite. */
export function isSuccessRate({ name }: Pick<CanaryMetric, 'name'>): boolean {
  return name === 'request-success-rate';
}

/** ` (14 of 240 failed)`, as people count; counters of a store that interpolates may be fractions. */
export function countsText(
  { name }: Pick<CanaryMetric, 'name'>,
  counts: Counts['canary'] | undefined,
): string {
  if (counts === undefined) return '';
  const counted = (isBuiltinMetric(name) ? METRIC_TRAITS[name].counted : undefined) ?? 'failed';
  return ` (${Math.round(counts.bad)} of ${Math.round(counts.requests)} ${counted})`;
}

/**
 * A number with its unit, short, but never so short that it seems to stand on the other side of one
 * of the bounds it is held against: 98.96 beside a bound of 99 is not "99".
 */
export function quantity(value: number, unit: string, bounds: readonly number[] = []): string {
  const edges = unit === '%' ? [...bounds, 0, 100] : bounds;
  return unit === '' ? shorten(value, edges) : `${shorten(value, edges)} ${unit}`;
}

function shorten(value: number, bounds: readonly number[]): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = leastDigits(value); digits <= 17; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (bounds.every((bound) => Math.sign(rounded - bound) === Math.sign(value - bound))) {
      return String(rounded);
    }
  }
  return String(value);
}

/** Three digits that count, and never fewer than stand before the point. */
function leastDigits(value: number): number {
  return Math.max(3, Math.min(17, Math.floor(Math.log10(Math.abs(value) || 1)) + 1));
}
