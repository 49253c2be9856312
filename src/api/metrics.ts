import { z } from 'zod';
import {
  BUILTIN_METRICS,
  type DefaultComparison,
  isBuiltinMetric,
  isSweptMetric,
  METRIC_TRAITS,
  type MetricTraits,
  PERCENT_METRICS,
  type QueriedMetric,
  type SweptMetric,
} from './builtin-metrics.ts';
import { Duration } from './duration.ts';
import { NamespacedRef } from './references.ts';
import { matching, ruled } from './rule.ts';

const Range = ruled(
  z.object({
    min: z.number().optional().describe('Smallest value that passes.'),
    max: z.number().optional().describe('Largest value that passes.'),
  }),
  {
    cel: '!has(self.min) || !has(self.max) || self.min <= self.max',
    holds: ({ min = -Infinity, max = Infinity }) => min <= max,
    field: 'min',
    allowed: 'a number that is not above max',
    found: { cel: `'a number above max'`, text: ({ min, max }) => `${min}, above ${max}` },
  },
);
export type ThresholdRange = z.infer<typeof Range>;

const Comparison = ruled(
  z.object({
    maxRatio: z
      .number()
      .gt(0)
      .optional()
      .describe('The canary’s value may be at most this many times the primary’s.'),
    maxDifference: z
      .number()
      .min(0)
      .optional()
      .describe('The canary’s value may be at most this much above the primary’s.'),
    minRatio: z
      .number()
      .gt(0)
      .optional()
      .describe('The canary’s value must be at least this many times the primary’s.'),
  }),
  {
    cel: 'has(self.maxRatio) || has(self.maxDifference) || has(self.minRatio)',
    holds: (c) => [c.maxRatio, c.maxDifference, c.minRatio].some((bound) => bound !== undefined),
    allowed: 'at least one of maxRatio, maxDifference and minRatio',
    found: { cel: `'none of them'`, text: () => 'none of them' },
  },
);

const MetricName = matching(
  128,
  /^[A-Za-z0-9][A-Za-z0-9 ._:/%()+,-]*$/,
  'a metric name of at most 128 Latin letters, digits, spaces and . _ : / % ( ) + , -, a letter or digit first',
);

/** For a sentence: `a, b or c`. */
const BUILTINS = `${BUILTIN_METRICS.slice(0, -1).join(', ')} or ${BUILTIN_METRICS.at(-1)}`;

const BOUNDS_CEL = [
  { has: 'has(self.threshold)', value: 'self.threshold' },
  ...['min', 'max'].map((end) => ({
    has: `(has(self.thresholdRange) && has(self.thresholdRange.${end}))`,
    value: `self.thresholdRange.${end}`,
  })),
];

function boundsOf(metric: {
  threshold?: number | undefined;
  thresholdRange?: ThresholdRange | undefined;
}) {
  const { threshold, thresholdRange } = metric;
  return [threshold, thresholdRange?.min, thresholdRange?.max];
}

function celNames(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(', ')}]`;
}

function isPercentMetric(name: string): boolean {
  return (PERCENT_METRICS as readonly string[]).includes(name);
}

function isPercentage(bound: number | undefined): boolean {
  return bound === undefined || (bound >= 0 && bound <= 100);
}

export type Comparison = z.infer<typeof Comparison>;

export const CanaryMetric = ruled(
  z.object({
    name: MetricName.describe(
      'Name of the metric: `request-success-rate` (percent), `request-duration` (ms at the 99th percentile), `request-4xx-rate` and `request-cancelled-rate` (percent), `response-size` (bytes), `cpu-utilization` and `memory-utilization` (percent of the limit), `cpu-throttling` (percent), `container-restarts`, or a free name with `templateRef` or `query`.',
    ),
    interval: Duration('1s').default('1m').describe('How far back the query looks.'),
    threshold: z
      .number()
      .optional()
      .describe(
        'Older form of `thresholdRange`: least success rate, or the most that any other metric may be.',
      ),
    thresholdRange: Range.optional().describe('Values that pass, both ends included.'),
    query: z
      .string()
      .min(1)
      .max(16384)
      .optional()
      .describe('PromQL with query variables, instead of a template.'),
    templateRef: NamespacedRef.optional().describe('The MetricTemplate that holds the query.'),
    templateVariables: z
      .record(z.string().max(253), z.string().max(1024))
      .optional()
      .describe('Further variables of the query, by name.'),
    onNoData: z
      .enum(['hold', 'fail', 'pass'])
      .optional()
      .describe(
        'What no data means: wait for some, count a failed check, or pass. Default: hold; of utilization, throttling and restarts, pass.',
      ),
    compareToPrimary: Comparison.optional().describe(
      'Also runs the query for the primary and bounds the canary by it; of `request-success-rate`, the share of failures.',
    ),
    dryRun: z
      .boolean()
      .default(false)
      .describe('Measures and reports, but never fails or holds the rollout.'),
  }),
  {
    cel: `self.name in ${celNames(BUILTIN_METRICS)} || has(self.templateRef) || has(self.query)`,
    holds: (m) => isBuiltinMetric(m.name) || m.templateRef !== undefined || m.query !== undefined,
    field: 'name',
    allowed: `${BUILTINS}, or another name together with templateRef or query`,
    found: { cel: `"'" + self.name + "'"`, text: (m) => `'${m.name}'` },
  },
  {
    cel: `!(self.name in ${celNames(PERCENT_METRICS)}) || (${BOUNDS_CEL.map((bound) => `(!${bound.has} || (${bound.value} >= 0.0 && ${bound.value} <= 100.0))`).join(' && ')})`,
    holds: (m) => !isPercentMetric(m.name) || boundsOf(m).every(isPercentage),
    field: 'name',
    allowed: 'a threshold and a thresholdRange in percent, from 0 to 100',
    found: {
      cel: `self.name + ' with a bound that is no percentage'`,
      text: ({ name }) => `${name} with a bound that is no percentage`,
    },
  },
  {
    cel: `self.name != 'request-success-rate' || !has(self.compareToPrimary) || !has(self.compareToPrimary.minRatio)`,
    holds: (m) => m.name !== 'request-success-rate' || m.compareToPrimary?.minRatio === undefined,
    field: 'compareToPrimary',
    allowed:
      'maxRatio and maxDifference where name is request-success-rate: its failures are compared',
    found: { cel: `'minRatio'`, text: () => 'minRatio' },
  },
);
export type CanaryMetric = z.infer<typeof CanaryMetric>;

export type CountedMetric = CanaryMetric & { readonly name: SweptMetric };

/**
 * Whether the mesh's own counters give it: a query of the metric's own goes before the built-in of the
 * same name.
 */
export function isCounted(metric: CanaryMetric): metric is CountedMetric {
  return isSweptMetric(metric.name) && hasNoQuery(metric);
}

/** Whether a query that Linnet knows gives it, asked for this metric alone. */
export function isQueried(
  metric: CanaryMetric,
): metric is CanaryMetric & { readonly name: QueriedMetric } {
  return builtinTraits(metric) !== undefined && !isCounted(metric);
}

/** Undefined of a metric that has a query of its own, whatever its name. */
function builtinTraits(metric: CanaryMetric): MetricTraits | undefined {
  return isBuiltinMetric(metric.name) && hasNoQuery(metric)
    ? METRIC_TRAITS[metric.name]
    : undefined;
}

function hasNoQuery({ query, templateRef }: CanaryMetric): boolean {
  return query === undefined && templateRef === undefined;
}

/**
 * What a metric's value must lie in. As in Flagger, `threshold` is the least success rate and the
 * most of anything else, and a metric that names no bound is held against a threshold of 0, unless
 * comparing it with the primary is all that is asked, or what it is for.
 */
export function acceptedRange(metric: CanaryMetric): ThresholdRange {
  if (metric.thresholdRange !== undefined) return metric.thresholdRange;
  if (metric.threshold === undefined && comparisonOf(metric) !== undefined) return {};
  const known = builtinTraits(metric)?.range;
  if (metric.threshold === undefined && known !== undefined) return known;
  const threshold = metric.threshold ?? 0;
  return metric.name === 'request-success-rate' ? { min: threshold } : { max: threshold };
}

/** What the primary's number bounds: what the metric says, or what is its default without any bound. */
export function comparisonOf(metric: CanaryMetric): Comparison | DefaultComparison | undefined {
  if (metric.compareToPrimary !== undefined) return metric.compareToPrimary;
  if (metric.threshold !== undefined || metric.thresholdRange !== undefined) return undefined;
  return builtinTraits(metric)?.comparison;
}

/** What no data means for the rollout. */
export function noDataPolicy(metric: CanaryMetric): 'hold' | 'fail' | 'pass' {
  return metric.onNoData ?? builtinTraits(metric)?.onNoData ?? 'hold';
}

export function isDefaultComparison(
  bounds: Comparison | DefaultComparison,
): bounds is DefaultComparison {
  return 'ratio' in bounds;
}
