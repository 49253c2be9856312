import { z } from 'zod';
import { GUARD_VERSION, type GuardParameters } from './parameters.ts';
import { newTrack } from './track.ts';

const Number0 = z.number().min(0);
const Time = z.number();

const Counts = z.object({ requests: Number0, bad: Number0 }).readonly();

const Track = z
  .object({
    scores: z.array(z.number()).readonly(),
    since: Time,
    low: z.number(),
    canary: Counts,
    primary: Counts,
  })
  .readonly();

const BoundTrack = z.object({ bound: z.number(), track: Track }).readonly();
export type BoundTrack = z.infer<typeof BoundTrack>;

const Durations = z
  .object({
    requests: Number0,
    within: z.array(z.tuple([z.number(), Number0]).readonly()).readonly(),
  })
  .readonly();

const VersionCounts = z
  .object({ requests: Number0, bad: Number0, durations: Durations.optional() })
  .readonly();

const OpenBlock = z
  .object({
    from: Time,
    blocks: Number0,
    isVoid: z.boolean(),
    isWarm: z.boolean(),
    canary: VersionCounts.optional(),
    primary: VersionCounts.optional(),
  })
  .readonly();

const Accusation = z
  .object({
    /** `slo` are the canary's errors beside what is allowed of it, all others beside the primary's. */
    signal: z.enum(['errors', 'latency', 'slo']),
    /** Of durations, in milliseconds. */
    bound: z.number().optional(),
    /** In nats: from `line` on it convicts. */
    score: z.number(),
    line: z.number(),
    /** What the score was gathered from: everything between these times. */
    since: Time,
    at: Time,
    canary: Counts,
    primary: Counts,
  })
  .readonly();
export type Accusation = z.infer<typeof Accusation>;

const GuardState = z
  .object({
    version: z.literal(GUARD_VERSION),
    revision: z.string(),
    /** End of the newest block taken in, in milliseconds of the metrics store's clock. */
    block: Time,
    /** The canary's errors beside the primary's. */
    errors: Track,
    /** The canary's errors beside what its SLO allows. */
    slo: Track,
    /** Durations beside the primary's: one track a bound. */
    latency: z.array(BoundTrack).readonly(),
    /** Blocks that wait for samples of one version. */
    open: OpenBlock.optional(),
    /** What the primary answered in the last minute, by the end of the block. */
    recent: z.array(z.tuple([Time, Number0, Number0]).readonly()).readonly(),
    /** All that the primary ever answered: a request counts half after seven minutes. */
    remembered: Counts,
    /** Since when the primary is out of its SLO itself. */
    outSince: Time.optional(),
    /** Whether that, or what is remembered of it, excuses a canary that breaks its SLO too. */
    isExcused: z.boolean(),
    /** Whether a sample of it was ever taken: before that, its silence may be that of nobody calling. */
    seen: z.object({ canary: z.boolean(), primary: z.boolean() }).readonly(),
    /** The canary's requests in the present step, and how many its weight lets expect. */
    step: z.object({ index: Number0, canary: Number0, expected: Number0 }).readonly(),
    /** Once and for all: what comes later acquits nobody. */
    conviction: Accusation.optional(),
  })
  .readonly();

/**
 * What the guard knows of one rollout: a JSON value that follows from the blocks alone, so that it
 * can be stored by compare-and-set of `block`, and made again from the same blocks where it is lost.
 */
export type GuardState = z.infer<typeof GuardState>;

/** Before the first block of a revision, which begins at `from`. */
export function newState(parameters: GuardParameters, revision: string, from: number): GuardState {
  return {
    version: GUARD_VERSION,
    revision,
    block: from,
    errors: newTrack(parameters, from),
    slo: newTrack(parameters, from),
    latency: [],
    recent: [],
    remembered: { requests: 0, bad: 0 },
    isExcused: false,
    seen: { canary: false, primary: false },
    step: { index: 0, canary: 0, expected: 0 },
  };
}

/** What was stored; undefined where it is of another revision, of other rules, or damaged. */
export function readState(stored: unknown, revision: string): GuardState | undefined {
  const { data } = GuardState.safeParse(stored);
  return data?.revision === revision ? data : undefined;
}
