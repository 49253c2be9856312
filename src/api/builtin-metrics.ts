/** Built-in metrics that the counters of the sweep give. */
export const SWEPT_METRICS = [
  'request-success-rate',
  'request-duration',
  'request-4xx-rate',
  'request-cancelled-rate',
] as const;
export type SweptMetric = (typeof SWEPT_METRICS)[number];

/** Metrics that need no query of the user's: they come from the mesh itself. */
export const BUILTIN_METRICS = SWEPT_METRICS;
export type BuiltinMetric = (typeof BUILTIN_METRICS)[number];

export function isBuiltinMetric(name: string): name is BuiltinMetric {
  return (BUILTIN_METRICS as readonly string[]).includes(name);
}

export function isSweptMetric(name: string): name is SweptMetric {
  return (SWEPT_METRICS as readonly string[]).includes(name);
}

/** What the name of a built-in metric says of its numbers. */
export interface MetricTraits {
  readonly unit: '%' | 'ms';
  /** What the counted requests did, to follow `12 of 240`: the metric is a share of requests. */
  readonly counted?: string;
  /** Where the metric names no bound at all, the canary is held to the primary by this. */
  readonly comparison?: DefaultComparison;
}

/** More than the primary's, by more than chance and by so much that it matters. */
export interface DefaultComparison {
  /** The canary's share may be so many times the primary's, and what chance makes of that. */
  readonly ratio: number;
  /** In points of percent: what is above the primary's by less is never too much. */
  readonly difference: number;
}

const SHARE_OF_ITS_OWN: DefaultComparison = { ratio: 1.5, difference: 1 };

export const METRIC_TRAITS: Readonly<Record<BuiltinMetric, MetricTraits>> = {
  'request-success-rate': { unit: '%', counted: 'failed' },
  'request-duration': { unit: 'ms' },
  'request-4xx-rate': { unit: '%', counted: 'answered 4xx', comparison: SHARE_OF_ITS_OWN },
  'request-cancelled-rate': { unit: '%', counted: 'cancelled', comparison: SHARE_OF_ITS_OWN },
};

/** Built-in metrics that are a percentage of requests. */
export const PERCENT_METRICS: readonly BuiltinMetric[] = BUILTIN_METRICS.filter(
  (name) => METRIC_TRAITS[name].counted !== undefined,
);
