import { advance } from '../../src/judge/guard/advance.ts';
import type { GuardParameters } from '../../src/judge/guard/parameters.ts';
import { rule } from '../../src/judge/guard/ruling.ts';
import { newState } from '../../src/judge/guard/state.ts';
import type { Measure } from './measures.ts';
import { liesAbove } from './rank-test.ts';
import type { Judge, SeenBlock } from './rollout.ts';
import { BLOCK_S, type Counted, STEP_BLOCKS } from './traffic.ts';

/** Linnet's guard, with nothing beside it. Scarce requests hold a step for five minutes at most. */
export function guardJudge(parameters: GuardParameters, voidBlocks: number): Judge {
  let state = newState(parameters, 'r', 0);
  let held = 0;
  return {
    next(block) {
      const isVoid = block.step > 0 && block.age <= voidBlocks;
      const from = block.index * BLOCK_MS;
      const { step, weight, canary, primary } = block;
      const seen = { from, to: from + BLOCK_MS, step, weight, isVoid, isWarm: true };
      state = advance(state, { ...seen, canary, primary }, parameters);
      if (state.conviction !== undefined) return 'rollback';
      if (block.age < STEP_BLOCKS + (block.step > 0 ? voidBlocks : 0)) return 'stay';
      const ruling = rule(state, parameters);
      if (ruling.outcome === 'hold') {
        held++;
        const { reason } = ruling.why;
        if (reason === 'primary-out') return 'stay';
        if (reason === 'suspicion') return held < LONGEST_HOLD_BLOCKS ? 'stay' : 'pause';
        if (held <= SCARCE_BLOCKS) return 'stay';
      }
      held = 0;
      return 'advance';
    },
  };
}

const BLOCK_MS = BLOCK_S * 1000;
const SCARCE_BLOCKS = 300 / BLOCK_S;
const LONGEST_HOLD_BLOCKS = 1800 / BLOCK_S;

/**
 * Flagger's rule: at every interval, a query over the last minute against a threshold. No value is a
 * failed check; a failed check also keeps the weight; so many of them roll back at the next interval.
 */
export function thresholdJudge(
  isGood: (window: readonly Counted[]) => boolean,
  intervalBlocks: number,
  threshold: number,
): Judge {
  const window: Counted[] = [];
  let failed = 0;
  return {
    next(block) {
      window.push(block);
      if (window.length > WINDOW_BLOCKS) window.shift();
      if ((block.index + 1) % intervalBlocks !== 0) return 'stay';
      if (failed >= threshold) return 'rollback';
      if (!isGood(window)) {
        failed++;
        return 'stay';
      }
      return block.age >= STEP_BLOCKS ? 'advance' : 'stay';
    },
  };
}

const WINDOW_BLOCKS = 60 / BLOCK_S;

/** A rank test of one point a block, at the end of every step. No point at all is a failure. */
export function rankJudge(measure: Measure): Judge {
  let points: { canary: number[]; primary: number[] } = { canary: [], primary: [] };
  return {
    next(block: SeenBlock) {
      for (const version of ['canary', 'primary'] as const) {
        const point = measure([block], version);
        if (point !== undefined) points[version].push(point);
      }
      if (block.age < STEP_BLOCKS) return 'stay';
      const { canary, primary } = points;
      points = { canary: [], primary: [] };
      return canary.length === 0 || liesAbove(canary, primary) ? 'rollback' : 'advance';
    },
  };
}
