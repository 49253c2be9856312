import { z } from 'zod';
import { CanaryAlert } from './alerts.ts';
import { CronExpression, TimeZone } from './calendar.ts';
import { Duration } from './duration.ts';
import { Guard } from './guard.ts';
import { HttpMatch } from './istio.ts';
import { CanaryMetric } from './metrics.ts';
import { show } from './problem.ts';
import { presentOf, ruled } from './rule.ts';
import { SessionAffinity } from './session-affinity.ts';
import { CanaryWebhook } from './webhooks.ts';
import { Percent, PositivePercent, Whole, WholeFrom } from './whole.ts';

const DIGITS = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]';

const StepWeights = ruled(z.array(Percent).min(1).max(100), {
  // CEL has no index in its macros: tens and units walk over the hundred places there are at most.
  cel: `${DIGITS}.all(t, ${DIGITS}.all(u, 10 * t + u + 1 >= size(self) || self[10 * t + u] < self[10 * t + u + 1]))`,
  holds: (weights) => weights.every((weight, i) => i === 0 || weight > (weights[i - 1] ?? weight)),
  allowed: 'a list of weights from 0 to 100, each above the one before it',
  found: { cel: `'a list that does not ascend'`, text: (weights) => show(weights) },
});

const PLANS = ['iterations', 'stepWeight', 'stepWeights'] as const;

/** How a new revision is judged, and how fast it gets traffic. */
export const CanaryAnalysis = ruled(
  z.object({
    interval: Duration('1s')
      .default('1m')
      .describe('Time from one check, and one step, to the next.'),
    schedule: CronExpression.optional().describe(
      'Cron expression of the moments of the checks and steps, instead of `interval`.',
    ),
    timeZone: TimeZone.default('UTC').describe('IANA time zone of `schedule`.'),
    iterations: Whole(1, 100_000)
      .optional()
      .describe(
        'Checks to pass without shifting weights: blue-green, or A/B testing with `match`.',
      ),
    stepWeight: PositivePercent.optional().describe('Percent of traffic that each step adds.'),
    stepWeights: StepWeights.optional().describe('The canary’s percent of traffic at each step.'),
    maxWeight: PositivePercent.optional().describe(
      'Percent of traffic at which the canary is promoted. Default: the last of `stepWeights`, or 100.',
    ),
    stepWeightPromotion: PositivePercent.optional().describe(
      'Percent of traffic that goes back to the updated primary at each step. Default: all at once.',
    ),
    threshold: WholeFrom(0).default(1).describe('Failed checks that roll back; 0 counts as 1.'),
    primaryReadyThreshold: Percent.default(100).describe(
      'Percent of the primary’s pods that must be available for it to count as ready.',
    ),
    canaryReadyThreshold: Percent.default(100).describe(
      'Percent of the canary’s pods that must be available for it to count as ready.',
    ),
    match: z
      .array(HttpMatch)
      .max(64)
      .optional()
      .describe('A/B testing: requests that go to the canary; any one of the conditions suffices.'),
    mirror: z
      .boolean()
      .default(false)
      .describe('Whether requests are copied to the canary before it gets traffic.'),
    mirrorWeight: PositivePercent.default(100).describe('Percent of requests that are copied.'),
    metrics: z.array(CanaryMetric).max(64).default([]).describe('What is checked.'),
    webhooks: z.array(CanaryWebhook).max(64).default([]).describe('What is called, and when.'),
    alerts: z.array(CanaryAlert).max(32).default([]).describe('Who is told.'),
    sessionAffinity: SessionAffinity.optional().describe(
      'Keeps a user who met the canary with the canary, by a cookie.',
    ),
    guard: Guard.prefault({}).describe('The continuous comparison with the primary.'),
    maxHold: Duration('1s')
      .default('30m')
      .describe('How long a rollout waits for evidence before it is paused for a person.'),
  }),
  {
    cel: `[${PLANS.map((plan) => `has(self.${plan})`).join(', ')}].exists_one(plan, plan)`,
    holds: (analysis) => PLANS.filter((plan) => analysis[plan] !== undefined).length === 1,
    allowed: `exactly one of ${PLANS.join(', ')}`,
    found: presentOf(...PLANS),
  },
);

/** As the rest of Linnet sees it: without the empty texts and zeros that older manifests hold. */
export type CanaryAnalysis = Omit<z.infer<typeof CanaryAnalysis>, 'webhooks' | 'alerts'> & {
  webhooks: CanaryWebhook[];
  alerts: CanaryAlert[];
};
