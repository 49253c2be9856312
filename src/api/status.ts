import { z } from 'zod';
import { GuardPins } from './guard-pins.ts';

/**
 * Everything Linnet knows about a rollout (DESIGN, law 1). Times are RFC 3339 with milliseconds.
 * Fields of a newer version are kept: every object here is loose.
 */

export const Phase = z.enum([
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
  'Terminated',
]);
export type Phase = z.infer<typeof Phase>;

/**
 * Where inside a phase the rollout stands; the safe order of DESIGN section 4, one name a wait.
 *
 *     Initializing  primary -> routes -> apex -> drain -> scale-down
 *     Progressing   scale-up -> shift -> analyse -> (scale-up ->) shift -> analyse ...
 *     Promoting     (blue-green: shift ->) copy -> back
 *     Finalising    reset -> drain -> scale-down
 *     Terminating   target -> shift -> apex -> routes -> drain
 */
export const Stage = z.enum([
  'primary',
  'routes',
  'apex',
  'drain',
  'scale-down',
  'scale-up',
  'shift',
  'analyse',
  'copy',
  'back',
  'reset',
  'target',
]);
export type Stage = z.infer<typeof Stage>;

export const Step = z.looseObject({
  index: z.int().min(0).describe('Number of the present step, counted from 0.'),
  weight: z.int().min(0).max(100).describe('Percent of traffic that the canary must get now.'),
  since: z
    .string()
    .optional()
    .describe('When the mesh carried this weight; samples count after it.'),
  dueAt: z.string().optional().describe('When this step is judged and the next one may begin.'),
});
export type Step = z.infer<typeof Step>;

export const Outcome = z.enum(['promoted', 'failed', 'superseded', 'aborted', 'primary-stuck']);
export type Outcome = z.infer<typeof Outcome>;

export const Ending = z.looseObject({
  outcome: Outcome.describe('How the rollout is going to end once the cluster conforms.'),
  reason: z.string().max(1024).describe('Why, in one sentence.'),
});
export type Ending = z.infer<typeof Ending>;

export const HoldCode = z.enum([
  'capacity',
  'evidence',
  'gate',
  'window',
  'paused',
  'suspended',
  'services',
  'mesh',
]);
export type HoldCode = z.infer<typeof HoldCode>;

export const Hold = z.looseObject({
  code: HoldCode,
  reason: z.string().max(1024).describe('What the rollout is waiting for, in one sentence.'),
  since: z.string().describe('When the hold began.'),
});
export type Hold = z.infer<typeof Hold>;

export const CheckOutcome = z.enum(['pass', 'fail', 'hold']);
export type CheckOutcome = z.infer<typeof CheckOutcome>;

export const Check = z.looseObject({
  name: z.string().max(253).describe('The metric.'),
  measured: z.string().max(256).optional().describe('What was measured, with its unit.'),
  allowed: z.string().max(256).optional().describe('What it was held against.'),
  outcome: CheckOutcome,
  message: z.string().max(512).optional().describe('One sentence where there is more to say.'),
});
export type Check = z.infer<typeof Check>;

export const Condition = z.looseObject({
  type: z.string(),
  status: z.enum(['True', 'False', 'Unknown']),
  reason: z.string(),
  message: z.string().max(2048).default(''),
  observedGeneration: z.int().optional(),
  lastUpdateTime: z.string().optional(),
  lastTransitionTime: z.string().optional(),
});
export type Condition = z.infer<typeof Condition>;

export const Severity = z.enum(['info', 'warn', 'error']);
export type Severity = z.infer<typeof Severity>;

export const MessageKind = z.enum([
  'initialized',
  'started',
  'progress',
  'waiting',
  'stuck',
  'promoted',
  'failed',
  'stalled',
  'terminated',
]);
export type MessageKind = z.infer<typeof MessageKind>;

/** The key under which the Kubernetes Event of a message is owed. */
export const EVENTS = 'events';
/** The key of the provider that the controller itself is configured with. */
export const DEFAULT_PROVIDER = 'default';

export const Message = z.looseObject({
  n: z.int().min(1).describe('Counts the messages of this Canary; part of the idempotency key.'),
  at: z.string(),
  kind: MessageKind,
  severity: Severity,
  text: z.string().max(1024),
  owed: z
    .array(z.string().max(512))
    .describe('Providers that have not accepted it: `events`, `default`, `<namespace>/<name>`.'),
});
export type Message = z.infer<typeof Message>;

export const Rollout = z.looseObject({
  revision: z.string(),
  outcome: Outcome,
  reason: z.string().max(512),
  startedAt: z.string().optional(),
  endedAt: z.string(),
  weight: z.int().optional().describe('The highest weight it reached.'),
});
export type Rollout = z.infer<typeof Rollout>;

/** The objects that Linnet writes, each with a fence of its own (DESIGN section 5). */
export const FENCED = [
  'virtualService',
  'destinationRules',
  'services',
  'target',
  'primary',
  'autoscaler',
] as const;
export type Fenced = (typeof FENCED)[number];

export const Fences = z.looseObject(
  Object.fromEntries(FENCED.map((name) => [name, z.int().min(0).optional()])) as Record<
    Fenced,
    z.ZodOptional<z.ZodInt>
  >,
);
export type Fences = z.infer<typeof Fences>;

export const CanaryStatus = z.looseObject({
  phase: Phase,
  canaryWeight: z.int().min(0).max(100).default(0),
  failedChecks: z.int().min(0).default(0),
  iterations: z.int().min(0).default(0),
  lastAppliedSpec: z.string().optional().describe('Name of the revision last taken up.'),
  lastPromotedSpec: z.string().optional().describe('Name of the revision that the primary runs.'),
  trackedConfigs: z.record(z.string(), z.string()).optional(),
  lastTransitionTime: z.string().optional(),
  conditions: z.array(Condition).default([]),

  observedGeneration: z.int().optional(),
  planVersion: z.int().min(1).describe('Version of the rules that wrote this plan.'),
  revision: z.string().optional().describe('The pinned revision under analysis, or last analysed.'),
  startedAt: z.string().optional().describe('When the present or last rollout began.'),
  peakWeight: z.int().optional(),
  stage: Stage.optional(),
  stageSince: z.string().optional().describe('When the stage began; deadlines count from here.'),
  stageDueAt: z.string().optional().describe('When the stage’s own wait is over.'),
  heldMs: z.int().optional().describe('Milliseconds of hold that no deadline counts.'),
  step: Step.optional(),
  hold: Hold.optional(),
  ending: Ending.optional(),
  stableVersion: z.string().optional(),
  primaryFloor: z
    .int()
    .min(0)
    .optional()
    .describe('Replicas below which the primary must not fall while a rollout runs.'),
  fences: Fences.default({}),
  orders: z
    .record(z.string(), z.string())
    .optional()
    .describe('The last value handled of each order annotation: an order acts once.'),
  checks: z.array(Check).optional(),
  guard: GuardPins.optional().describe(
    'What the guard’s evidence on this rollout follows from, besides the counters.',
  ),
  verdict: z.string().max(1024).optional(),
  history: z.array(Rollout).max(10).optional(),
  outbox: z.array(Message).max(20).optional(),
  messages: z.int().optional().describe('How many messages were ever written.'),
});
export type CanaryStatus = z.infer<typeof CanaryStatus>;
