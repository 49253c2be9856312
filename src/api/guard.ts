import { z } from 'zod';
import { Duration } from './duration.ts';
import { WholeFrom } from './whole.ts';

const Percent = z.number().gt(0).lt(100);
const Points = z.number().min(0).max(100);
const Ratio = z.number().min(1).max(100);

/** The continuous comparison with the primary (DESIGN section 6). */
export const Guard = z.object({
  enabled: z.boolean().default(true).describe('Whether the canary is compared with the primary.'),
  block: Duration('1s')
    .default('5s')
    .describe('Length of a block of evidence; never shorter than the scrape interval.'),
  sensitivity: z
    .enum(['low', 'normal', 'high'])
    .default('normal')
    .describe(
      'How much evidence convicts: a healthy canary is taken back in at most 0.1 % (`low`), 1 % (`normal`) or 5 % (`high`) of rollouts, for each signal.',
    ),
  minRequests: WholeFrom(0)
    .default(0)
    .describe(
      'Requests that the canary must have served in a step before it advances; 0 asks for none.',
    ),
  errors: z
    .object({
      enabled: z.boolean().default(true).describe('Whether failed requests are compared.'),
      slo: Percent.optional().describe(
        'Percent of requests that must succeed. Default: what `thresholdRange.min` of `request-success-rate` says.',
      ),
      tolerance: Points.optional().describe(
        'Percentage points of errors that the canary may have beyond the primary’s. Default: a fifth of the error budget of `slo`, or 0.2 without one.',
      ),
      ratio: Ratio.default(1.25).describe(
        'How many times the primary’s error rate the canary may have, before `tolerance`.',
      ),
    })
    .prefault({})
    .describe('Comparison of failed requests.'),
  latency: z
    .object({
      enabled: z.boolean().default(true).describe('Whether durations are compared.'),
      tolerance: Points.default(1).describe(
        'Percentage points of slow requests that the canary may have beyond the primary’s.',
      ),
      ratio: Ratio.default(1.25).describe(
        'How many times the primary’s share of slow requests the canary may have, before `tolerance`.',
      ),
      warmup: Duration('0s')
        .default('30s')
        .describe('How long durations are ignored after the canary’s pods became ready.'),
    })
    .prefault({})
    .describe('Comparison of durations, at every bound of the histogram.'),
});
export type Guard = z.infer<typeof Guard>;
