import type { Canary } from '../api/canary.ts';
import type { GuardRuling } from '../decide/observation.ts';
import { blocksFollowed, firstEvidence } from '../judge/guard/follow.ts';
import { heeded } from '../judge/guard/judgement.ts';
import { lineOf } from '../judge/guard/line.ts';
import { basisOf, type Pinned, pinnedOf } from '../judge/guard/pins.ts';
import { rule } from '../judge/guard/ruling.ts';
import type { Accusation } from '../judge/guard/state.ts';
import type { History } from './history.ts';
import type { PastRollout } from './rollouts.ts';

/** What a guard would have said after a block. */
export interface Said extends GuardRuling {
  /** End of the block. */
  readonly at: number;
  /** What convicted. */
  readonly accusation: Accusation | undefined;
}

/**
 * The guard of a Canary through a rollout of the past, block by block until it convicts. Nothing where
 * it is off or sits out.
 */
export function* guardThrough(
  history: History,
  rollout: PastRollout,
  canary: Canary,
): Generator<Said> {
  const pinned = pinnedTo(rollout, history, canary);
  const first = pinned && firstEvidence(pinned, REVISION);
  if (pinned === undefined || first === undefined) return;
  for (const { slot, after } of blocksFollowed(first, history.span, pinned)) {
    if (slot.to > rollout.comparedUntil) return;
    const said = heeded(canary, rule(after.state, pinned.parameters));
    yield {
      at: slot.to,
      outcome: said.outcome,
      line: lineOf(said, pinned.parameters),
      isSharedOutage: said.outcome === 'hold' && said.why.reason === 'primary-out',
      accusation: said.outcome === 'rollback' ? said.accusation : undefined,
    };
    if (said.outcome === 'rollback') return;
  }
}

const REVISION = 'of the past';

/** Rules of the policy, weights of the history. */
function pinnedTo(rollout: PastRollout, history: History, canary: Canary): Pinned | undefined {
  const { edgeMs, scrapeMs } = history;
  const basis = basisOf(canary, { edgeMs, scrapeMs, clockMs: 0, lagMs: 0 });
  if (basis === undefined || basis.sitsOut !== undefined) return undefined;
  const start = rollout.from - edgeMs;
  const shifts = rollout.steps.map(({ from, weight }, i) => {
    const [written, carried] = changeAround(from, i, rollout, edgeMs);
    return [i + 1, weight, written - start, carried - start, i === 0 ? 1 : 0];
  });
  return pinnedOf({ ...basis, start: new Date(start).toISOString(), shifts });
}

/**
 * A share is only known to have changed about an edge: in the one before it or in the one after it. In
 * the first edge with requests the canary may have had a share for a part of it.
 */
function changeAround(
  from: number,
  index: number,
  { begins }: PastRollout,
  edgeMs: number,
): [written: number, carried: number] {
  if (index > 0) return [from - edgeMs, from + edgeMs];
  return begins === 'before' ? [from, from] : [from, from + edgeMs];
}

/** From when on the first weight of a rollout was carried for certain. */
export function carriedFrom(rollout: PastRollout, { edgeMs }: Pick<History, 'edgeMs'>): number {
  return changeAround(rollout.from, 0, rollout, edgeMs)[1];
}

/**
 * From when on samples count in the step that a time lies in. In the first step of a rollout what came
 * before it may lie in the first sample of an edge: as in the controller, it counts an edge later.
 */
export function stepSince(
  rollout: PastRollout,
  { edgeMs }: Pick<History, 'edgeMs'>,
  time: number,
): number {
  const carried = rollout.steps.map(({ from }, i) => changeAround(from, i, rollout, edgeMs)[1]);
  const step = Math.max(
    0,
    carried.findLastIndex((at) => at < time),
  );
  const isFirst = step === 0 && rollout.begins === 'within';
  return (carried[step] ?? rollout.from) + (isFirst ? edgeMs : 0);
}
