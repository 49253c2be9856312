import { convictionOf } from './accusations.ts';
import { type Block, isComplete, join, type OpenBlock, usable } from './block.ts';
import { absoluteLog, comparedLog, type Counts } from './evidence.ts';
import { latencyAfter } from './latency.ts';
import type { GuardParameters } from './parameters.ts';
import { primaryAfter } from './primary-slo.ts';
import type { GuardState } from './state.ts';
import { type Track, withEvidence } from './track.ts';

/**
 * Evidence after one more block. A block that was taken in before changes nothing. One that does not
 * join the last is void, with all that waited for its counterpart: its counts may be of other times.
 */
export function advance(state: GuardState, block: Block, parameters: GuardParameters): GuardState {
  if (block.to <= state.block) return state;
  if (state.conviction !== undefined) return { ...state, block: block.to };
  const open = join(block.from === state.block ? state.open : gap(state.block), block);
  const counted = {
    ...state,
    block: block.to,
    open,
    seen: seenAfter(state.seen, open),
    step: stepAfter(state.step, block),
    ...primaryAfter(state, block, parameters),
  };
  if (!isComplete(open, block.weight)) return counted;
  const closed = { ...counted, open: undefined };
  if (open.isVoid) return closed;
  const weighed = weigh(closed, open, parameters);
  return { ...weighed, conviction: convictionOf(weighed, parameters) };
}

function gap(from: number): OpenBlock {
  return { from, blocks: 0, isVoid: true, isWarm: false };
}

function seenAfter({ canary, primary }: GuardState['seen'], open: OpenBlock): GuardState['seen'] {
  return {
    canary: canary || open.canary !== undefined,
    primary: primary || open.primary !== undefined,
  };
}

/** Void blocks are not part of a step: some of their requests are another step's. */
function stepAfter(step: GuardState['step'], block: Block): GuardState['step'] {
  const { canary, expected } = step.index === block.step ? step : { canary: 0, expected: 0 };
  const index = block.step;
  if (block.isVoid) return { index, canary, expected };
  const ours = usable(block.canary)?.requests ?? 0;
  const theirs = usable(block.primary)?.requests ?? 0;
  return {
    index,
    canary: canary + ours,
    expected: expected + ((ours + theirs) * block.weight) / 100,
  };
}

const NONE: Counts = { requests: 0, bad: 0 };

function weigh(state: GuardState, open: OpenBlock, parameters: GuardParameters): GuardState {
  const { canary = NONE, primary = NONE } = open;
  const of = (track: Track, log: (ratio: number) => number) =>
    withEvidence(track, { to: state.block, canary, primary }, parameters, log);
  const { errors } = parameters;
  // An outage of both strikes both versions' samples within a block, but never at the same moment.
  const isOnset = state.outSince !== undefined && state.outSince >= open.from;
  const most = isOnset ? 0 : Infinity;
  const budget = state.isExcused ? undefined : errors?.budget;
  return {
    ...state,
    errors:
      errors === undefined
        ? state.errors
        : of(state.errors, (ratio) =>
            Math.min(most, comparedLog(canary, primary, errors, ratio, parameters)),
          ),
    slo:
      budget === undefined
        ? state.slo
        : of(state.slo, (ratio) => absoluteLog(canary, budget, ratio, parameters)),
    latency: latencyAfter(state, open, parameters),
  };
}
