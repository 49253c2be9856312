import { unitsText } from '../api/counted-units.ts';
import type { CanaryStatus } from '../api/status.ts';
import { accusations } from '../judge/guard/accusations.ts';
import { type Block, slowerThan, usable } from '../judge/guard/block.ts';
import { convictingScore, type Counts } from '../judge/guard/evidence.ts';
import type { Followed } from '../judge/guard/follow.ts';
import { isConviction, lineOf } from '../judge/guard/line.ts';
import type { GuardParameters } from '../judge/guard/parameters.ts';
import type { Pinned } from '../judge/guard/pins.ts';
import { rule } from '../judge/guard/ruling.ts';
import type { Accusation, GuardState } from '../judge/guard/state.ts';
import { endedRollout } from './ended-rollout.ts';
import { whyNothing } from './guard-silence.ts';
import type { Known } from './known.ts';
import type { Replay } from './replay.ts';
import { timeText } from './timeline.ts';

/** What the continuous comparison saw, or why it saw nothing. */
export interface GuardCase {
  /** One sentence where there is nothing to show. */
  readonly why?: string;
  /** What the numbers of both versions are of: `requests`, `connections`, or both. Slow are requests only. */
  readonly counted: string;
  readonly rules?: GuardRules;
  readonly blocks: readonly BlockCase[];
  /** Everything gathered against the canary up to the last block; what convicted it first. */
  readonly accusations: readonly AccusationCase[];
  /** What the guard says as of the last block, and how that stands to what the controller stored. */
  readonly ruling?: { readonly outcome: string; readonly line: string };
  /** Where either of them convicts: whether the replayed line is the stored verdict, to the letter. */
  readonly isStoredVerdict?: boolean;
}

export interface AccusationCase extends Omit<Accusation, 'since' | 'at'> {
  /** What the score was gathered from: everything between these times. */
  readonly since: string;
  readonly at: string;
}

/** By what it judged: pinned with the rollout. */
export interface GuardRules {
  readonly blockMs: number;
  /** Evidence that convicts; of durations, where it depends on the number of bounds, see the accusation. */
  readonly line: number;
  /** Evidence from which on no weight rises. */
  readonly suspicion: number;
  readonly minRequests: number;
  /** Shares from 0 to 1. */
  readonly errors?: { readonly ratio: number; readonly difference: number; readonly slo?: number };
  readonly latency?: {
    readonly ratio: number;
    readonly difference: number;
    /** That convicts by durations: more than `line`, by as many bounds as they are compared at. */
    readonly line?: number;
  };
}

export interface BlockCase {
  readonly from: string;
  readonly to: string;
  readonly step: number;
  /** Percent of the traffic that the canary gets. */
  readonly weight: number;
  /**
   * - `weighed`: it counts;
   * - `void`: the weight changed in it;
   * - `waits`: samples of a version are missing, and it is joined to the next;
   * - `unknown`: the store no longer has it.
   */
  readonly kind: 'weighed' | 'void' | 'waits' | 'unknown';
  /** Null: no sample of this version was taken. */
  readonly canary: Counts | null;
  readonly primary: Counts | null;
  /** Successful requests slower than the bound at which most speaks against the canary. */
  readonly slow?: { readonly bound: number; readonly canary: Counts; readonly primary: Counts };
  /** Evidence after it, by signal; in nats. */
  readonly evidence: { readonly errors: number; readonly slo?: number; readonly latency?: number };
}

export function guardCase(
  known: Known,
  pinned: Pinned | undefined,
  replay: Replay | undefined,
): GuardCase {
  const counted = unitsText(known.canary.spec);
  if (pinned === undefined || replay === undefined || replay.blocks.length === 0) {
    const rules = pinned === undefined ? {} : { rules: rulesOf(pinned) };
    return { why: whyNothing(known, pinned), counted, ...rules, blocks: [], accusations: [] };
  }
  const { parameters } = pinned;
  const { state } = replay.last;
  const { conviction } = state;
  const charges = accusations(state, parameters).toSorted(
    (a, b) => Number(isSame(b, conviction)) - Number(isSame(a, conviction)),
  );
  const ruling = rule(state, parameters);
  const line = lineOf(ruling, parameters, counted);
  return {
    counted,
    rules: rulesOf(pinned, charges),
    blocks: replay.blocks.map((followed, i) => {
      const before = replay.blocks[i - 1]?.after ?? replay.first;
      return blockCase(followed, before.state, pinned);
    }),
    accusations: charges.map((charge) => ({
      ...charge,
      since: timeText(charge.since, pinned.clockMs),
      at: timeText(charge.at, pinned.clockMs),
    })),
    ruling: { outcome: ruling.outcome, line },
    ...agreement(known.canary.status!, line),
  };
}

function isSame(one: Accusation, conviction: Accusation | undefined): boolean {
  return one.signal === conviction?.signal && one.bound === conviction.bound;
}

/** The verdict may have been followed by another; the history keeps it. */
function agreement(status: CanaryStatus, line: string): Pick<GuardCase, 'isStoredVerdict'> {
  const { verdict = '' } = status;
  const reason = endedRollout(status)?.reason ?? '';
  const stored = [verdict, `ROLLBACK: ${reason}`].filter(isConviction);
  if (stored.length === 0 && !isConviction(line)) return {};
  return { isStoredVerdict: stored.includes(line) };
}

function rulesOf({ parameters, grid }: Pinned, charges: readonly Accusation[] = []): GuardRules {
  const slowness = charges.find(({ signal }) => signal === 'latency');
  const { alpha, suspicion, minRequests, errors, latency } = parameters;
  const { ratio = 1, difference = 0, budget } = errors ?? {};
  return {
    blockMs: grid.blockMs,
    line: convictingScore(parameters, alpha),
    suspicion,
    minRequests,
    ...(errors && { errors: { ratio, difference, ...(budget && { slo: 1 - budget }) } }),
    ...(latency && {
      latency: {
        ratio: latency.ratio,
        difference: latency.difference,
        ...(slowness && { line: slowness.line }),
      },
    }),
  };
}

function blockCase(
  { slot, block, after }: Followed,
  before: GuardState,
  { parameters, clockMs }: Pinned,
): BlockCase {
  const { state } = after;
  const charges = accusations(state, parameters);
  const worst = worstLatency(charges);
  return {
    from: timeText(slot.from, clockMs),
    to: timeText(slot.to, clockMs),
    step: slot.step,
    weight: slot.weight,
    kind: kindOf(block, before, state),
    canary: countsOf(block?.canary),
    primary: countsOf(block?.primary),
    ...slow(block, worst?.bound),
    evidence: evidenceOf(charges, parameters, worst?.score),
  };
}

function kindOf(
  block: Block | undefined,
  before: GuardState,
  { open }: GuardState,
): BlockCase['kind'] {
  if (block === undefined) return 'unknown';
  if (block.isVoid) return 'void';
  if (open !== undefined) return 'waits';
  // What it was joined to makes the whole of it void.
  return before.open?.isVoid === true ? 'void' : 'weighed';
}

function countsOf(version: Block['canary']): Counts | null {
  const found = usable(version);
  return found === undefined ? null : { requests: found.requests, bad: found.bad };
}

function worstLatency(charges: readonly Accusation[]): Accusation | undefined {
  const found = charges.filter(({ signal }) => signal === 'latency');
  return found.toSorted((a, b) => b.score - a.score)[0];
}

function slow(block: Block | undefined, bound: number | undefined): Pick<BlockCase, 'slow'> {
  const [ours, theirs] = [block?.canary?.durations, block?.primary?.durations];
  if (bound === undefined || ours === undefined || theirs === undefined) return {};
  const [canary, primary] = [slowerThan(bound, ours), slowerThan(bound, theirs)];
  return canary === undefined || primary === undefined ? {} : { slow: { bound, canary, primary } };
}

function evidenceOf(
  charges: readonly Accusation[],
  parameters: GuardParameters,
  latency: number | undefined,
): BlockCase['evidence'] {
  const scores = new Map(charges.map(({ signal, score }) => [signal, score]));
  return {
    errors: scores.get('errors') ?? 0,
    ...(parameters.errors?.budget === undefined ? {} : { slo: scores.get('slo') ?? 0 }),
    ...(latency === undefined ? {} : { latency }),
  };
}
