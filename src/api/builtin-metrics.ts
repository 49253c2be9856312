import type { CanaryMetric, ThresholdRange } from './metrics.ts';

/** Built-in metrics that the counters of the sweep give. */
export const SWEPT_METRICS = [
  'request-success-rate',
  'request-duration',
  'request-4xx-rate',
  'request-cancelled-rate',
] as const;
export type SweptMetric = (typeof SWEPT_METRICS)[number];

/** Built-in metrics that are asked for by a query of their own, of the canaries that name them. */
export const QUERIED_METRICS = [
  'response-size',
  'cpu-utilization',
  'memory-utilization',
  'cpu-throttling',
  'container-restarts',
] as const;
export type QueriedMetric = (typeof QUERIED_METRICS)[number];

/** Metrics that need no query of the user's. */
export const BUILTIN_METRICS = [...SWEPT_METRICS, ...QUERIED_METRICS] as const;
export type BuiltinMetric = (typeof BUILTIN_METRICS)[number];

export function isBuiltinMetric(name: string): name is BuiltinMetric {
  return (BUILTIN_METRICS as readonly string[]).includes(name);
}

export function isSweptMetric(name: string): name is SweptMetric {
  return (SWEPT_METRICS as readonly string[]).includes(name);
}

/** What the name of a built-in metric says of its numbers. */
export interface MetricTraits {
  readonly unit: '%' | 'ms' | 'B' | '';
  /** What the counted requests did, to follow `12 of 240`: the metric is a share of requests. */
  readonly counted?: string;
  /** What it must lie in where the metric names no bound at all. */
  readonly range?: ThresholdRange;
  /** Or by what it is held to the primary then. */
  readonly comparison?: DefaultComparison;
  /** What no data means where the metric does not say. Default: hold. */
  readonly onNoData?: CanaryMetric['onNoData'];
}

/** More than the primary's, by more than chance and by so much that it matters. */
export interface DefaultComparison {
  /** The canary's share may be so many times the primary's, and what chance makes of that. */
  readonly ratio: number;
  /** In points of percent: what is above the primary's by less is never too much. */
  readonly difference: number;
}

const SHARE_OF_ITS_OWN: DefaultComparison = { ratio: 1.5, difference: 1 };

/** Not every cluster has these; who names them wants to be warned where it can be. */
const SATURATION = { unit: '%', onNoData: 'pass' } as const;

export const METRIC_TRAITS: Readonly<Record<BuiltinMetric, MetricTraits>> = {
  'request-success-rate': { unit: '%', counted: 'failed' },
  'request-duration': { unit: 'ms' },
  'request-4xx-rate': { unit: '%', counted: 'answered 4xx', comparison: SHARE_OF_ITS_OWN },
  'request-cancelled-rate': { unit: '%', counted: 'cancelled', comparison: SHARE_OF_ITS_OWN },
  'response-size': { unit: 'B', comparison: { ratio: 1.5, difference: 5 } },
  'cpu-utilization': { ...SATURATION, range: { max: 90 } },
  'memory-utilization': { ...SATURATION, range: { max: 90 } },
  'cpu-throttling': { ...SATURATION, range: { max: 25 } },
  'container-restarts': { ...SATURATION, unit: '', range: { max: 0 } },
};

/** Built-in metrics that are a percentage of requests. */
export const PERCENT_METRICS: readonly BuiltinMetric[] = BUILTIN_METRICS.filter(
  (name) => METRIC_TRAITS[name].counted !== undefined,
);
