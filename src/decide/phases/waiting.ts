import { holdOver, type Move } from '../move.ts';
import { startRollout } from '../rollout.ts';
import type { Situation } from '../situation.ts';

/** A new revision is there, but a window is closed or `confirm-rollout` has not said yes. */
export function waiting(s: Situation): Move {
  const move = startRollout(s, s.target.revision);
  return move.change.phase === undefined
    ? move
    : { ...move, change: { ...holdOver(s), ...move.change } };
}
