import { z } from 'zod';
import { Duration } from './duration.ts';
import { NamespacedRef } from './references.ts';
import { matching, ruled } from './rule.ts';

/** Metrics that need no query: they come from the mesh itself. */
export const BUILTIN_METRICS = ['request-success-rate', 'request-duration'] as const;
export type BuiltinMetric = (typeof BUILTIN_METRICS)[number];

export function isBuiltinMetric(name: string): name is BuiltinMetric {
  return (BUILTIN_METRICS as readonly string[]).includes(name);
}

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
  }),
  {
    cel: 'has(self.maxRatio) || has(self.maxDifference)',
    holds: (c) => c.maxRatio !== undefined || c.maxDifference !== undefined,
    allowed: 'at least one of maxRatio and maxDifference',
    found: { cel: `'neither of them'`, text: () => 'neither of them' },
  },
);

const MetricName = matching(
  128,
  /^[A-Za-z0-9][A-Za-z0-9 ._:/%()+,-]*$/,
  'a metric name of at most 128 Latin letters, digits, spaces and . _ : / % ( ) + , -, a letter or digit first',
);

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

function isPercentage(bound: number | undefined): boolean {
  return bound === undefined || (bound >= 0 && bound <= 100);
}

export const CanaryMetric = ruled(
  z.object({
    name: MetricName.describe(
      'Name of the metric: `request-success-rate` (percent), `request-duration` (ms at the 99th percentile), or a free name with `templateRef` or `query`.',
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
      .default('hold')
      .describe('What no data means: wait for some, count a failed check, or pass.'),
    compareToPrimary: Comparison.optional().describe(
      'Also runs the query for the primary and bounds the canary by it; of `request-success-rate`, the share of failures.',
    ),
    dryRun: z
      .boolean()
      .default(false)
      .describe('Measures and reports, but never fails or holds the rollout.'),
  }),
  {
    cel: `self.name in [${BUILTIN_METRICS.map((name) => `'${name}'`).join(', ')}] || has(self.templateRef) || has(self.query)`,
    holds: (m) => isBuiltinMetric(m.name) || m.templateRef !== undefined || m.query !== undefined,
    field: 'name',
    allowed: `${BUILTIN_METRICS.join(' or ')}, or another name together with templateRef or query`,
    found: { cel: `"'" + self.name + "'"`, text: (m) => `'${m.name}'` },
  },
  {
    cel: `self.name != 'request-success-rate' || (${BOUNDS_CEL.map((bound) => `(!${bound.has} || (${bound.value} >= 0.0 && ${bound.value} <= 100.0))`).join(' && ')})`,
    holds: (m) => m.name !== 'request-success-rate' || boundsOf(m).every(isPercentage),
    field: 'name',
    allowed: 'a threshold and a thresholdRange in percent, from 0 to 100',
    found: {
      cel: `'request-success-rate with a bound that is no percentage'`,
      text: () => 'request-success-rate with a bound that is no percentage',
    },
  },
);
export type CanaryMetric = z.infer<typeof CanaryMetric>;

export type CountedMetric = CanaryMetric & { readonly name: BuiltinMetric };

/**
 * Whether the mesh's own counters give it: a query of the metric's own goes before the built-in of the
 * same name.
 */
export function isCounted(metric: CanaryMetric): metric is CountedMetric {
  const { name, query, templateRef } = metric;
  return isBuiltinMetric(name) && query === undefined && templateRef === undefined;
}

/**
 * What a metric's value must lie in. As in Flagger, `threshold` is the least success rate and the
 * most of anything else, and a metric that names no bound is held against a threshold of 0, unless
 * comparing it with the primary is all that is asked.
 */
export function acceptedRange(metric: CanaryMetric): ThresholdRange {
  if (metric.thresholdRange !== undefined) return metric.thresholdRange;
  if (metric.threshold === undefined && metric.compareToPrimary !== undefined) return {};
  const threshold = metric.threshold ?? 0;
  return metric.name === 'request-success-rate' ? { min: threshold } : { max: threshold };
}
