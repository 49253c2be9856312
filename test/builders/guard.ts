import { type Block, type Durations } from '../../src/judge/guard/block.ts';
import { type GuardParameters, guardParameters } from '../../src/judge/guard/parameters.ts';
import { advance } from '../../src/judge/guard/advance.ts';
import { type GuardState, newState } from '../../src/judge/guard/state.ts';
import { aCanary } from './canary.ts';

/** Milliseconds of every block here. */
export const BLOCK_MS = 5000;

/** What the guard takes from a Canary with an SLO of 99 % and 20 requests a step, and what a test changes. */
export function parametersOf(guard: object = {}): GuardParameters {
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  const asked = { minRequests: 20, ...guard };
  const { spec } = aCanary({ analysis: { metrics, guard: asked } });
  const found = guardParameters(spec.analysis);
  if (found === undefined) throw new Error('the guard is off');
  return found;
}

export type Counted = readonly [nc: number, xc: number, np: number, xp: number];

/** The block number `index` of a rollout that began at 0, at 10 % in its first step. */
export function aBlock(index: number, counted: Counted, changes: Partial<Block> = {}): Block {
  const [nc, xc, np, xp] = counted;
  return {
    from: index * BLOCK_MS,
    to: (index + 1) * BLOCK_MS,
    step: 1,
    weight: 10,
    isVoid: false,
    isWarm: true,
    canary: { requests: nc, bad: xc },
    primary: { requests: np, bad: xp },
    ...changes,
  };
}

/** Durations of so many requests, of which `counts[i]` were no slower than `bounds[i]`. */
export function durations(
  requests: number,
  bounds: readonly number[],
  counts: readonly number[],
): Durations {
  return { requests, within: bounds.map((bound, i) => [bound, counts[i] ?? 0]) };
}

/** The state after each of the blocks. */
export function statesAfter(
  blocks: readonly Block[],
  parameters = parametersOf(),
  first = newState(parameters, 'r1', 0),
): GuardState[] {
  let state = first;
  return blocks.map((block) => (state = advance(state, block, parameters)));
}

/** The state after all of the blocks. */
export function stateAfter(...given: Parameters<typeof statesAfter>): GuardState {
  const [, parameters = parametersOf(), first = newState(parameters, 'r1', 0)] = given;
  return statesAfter(...given).at(-1) ?? first;
}
