import { z } from 'zod';

const Tolerance = {
  ratio: z.number().describe('Times the primary’s rate that the canary may have.'),
  difference: z.number().describe('What it may have beyond that, as a share of requests.'),
};

/**
 * What the guard's evidence follows from, besides the counters themselves: with it anybody computes
 * the same verdict again, from the same store, at any time. Small: a hundred steps take 2.5 KiB.
 */
export const GuardPins = z.looseObject({
  version: z.int().describe('Version of the guard’s formulas.'),
  sitsOut: z
    .string()
    .max(256)
    .optional()
    .describe(
      'Why the two versions cannot be compared in this rollout; then nothing else is here.',
    ),
  alpha: z.number().optional().describe('Share of healthy canaries that a signal may convict.'),
  minRequests: z.int().optional().describe('Requests that the canary must have served in a step.'),
  errors: z
    .looseObject({ ...Tolerance, budget: z.number().optional() })
    .optional()
    .describe('How failed requests are compared; `budget` is the share that the SLO allows.'),
  latency: z
    .looseObject({ ...Tolerance, warmupMs: z.int() })
    .optional()
    .describe('How durations are compared.'),
  edgeMs: z.int().optional().describe('Blocks begin and end at multiples of this since 1970.'),
  blockMs: z.int().optional().describe('Length of a block.'),
  clockMs: z.int().optional().describe('Clock of the metrics store less that of the cluster.'),
  start: z.string().optional().describe('When the first weight was written.'),
  ended: z
    .int()
    .min(0)
    .optional()
    .describe('When the comparison ended, in milliseconds from `start`.'),
  shifts: z
    .array(z.array(z.int()).min(3).max(5))
    .max(400)
    .optional()
    .describe(
      'Weights: step, percent, when it was written, when every proxy obeyed it (-1: not yet), and 1 where new pods came with it. Times in milliseconds from `start`.',
    ),
});
export type GuardPins = z.infer<typeof GuardPins>;
