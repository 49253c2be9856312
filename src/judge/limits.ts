import type { CanaryMetric, ThresholdRange } from '../api/metrics.ts';
import type { CheckOutcome } from '../api/status.ts';
import { quantity, unitOf } from './quantities.ts';

/** One bound, and how a value stands to it. */
export interface Limit {
  readonly outcome: CheckOutcome;
  /** What is allowed, with its unit. */
  readonly allowed: string;
  /** To follow the value in a sentence: ` < 99 %`. */
  readonly relation: string;
  readonly message?: string;
  /** The bounds as numbers: no value may seem to stand on the other side of one. */
  readonly edges?: readonly number[];
}

/** A value against the range that the metric accepts; undefined where the range is open. */
export function rangeLimit(
  metric: CanaryMetric,
  range: ThresholdRange,
  value: number,
): Limit | undefined {
  const { min = -Infinity, max = Infinity } = range;
  const allowed = rangeText(metric, range);
  if (allowed === '') return undefined;
  const bound = (limit: number) => quantity(limit, unitOf(metric));
  const edges = [range.min, range.max].filter((edge) => edge !== undefined);
  if (value < min) return { outcome: 'fail', allowed, edges, relation: ` < ${bound(min)}` };
  if (value > max) return { outcome: 'fail', allowed, edges, relation: ` > ${bound(max)}` };
  return { outcome: 'pass', allowed, edges, relation: ` ${allowed}` };
}

/** `>= 99 %`; empty where nothing is bounded. */
export function rangeText(metric: CanaryMetric, { min, max }: ThresholdRange): string {
  const bound = (limit: number) => quantity(limit, unitOf(metric));
  const parts = [
    ...(min === undefined ? [] : [`>= ${bound(min)}`]),
    ...(max === undefined ? [] : [`<= ${bound(max)}`]),
  ];
  return parts.join(' and ');
}
