import { holdForControlPlane, isControlPlaneAway } from '../control-plane.ts';
import { gate } from '../gates.ts';
import { hold, type Move } from '../move.ts';
import { startPromotion } from '../promotion.ts';
import type { Situation } from '../situation.ts';
import { isInWindow } from '../windows.ts';

/** The analysis is passed; a window or `confirm-promotion` still has to allow the promotion. */
export function waitingPromotion(s: Situation): Move {
  if (!isInWindow(s.canary.spec.windows, s.now)) {
    return hold(s, 'window', 'outside the windows in which a rollout may promote');
  }
  if (isControlPlaneAway(s)) return holdForControlPlane(s);
  const answer = gate(s, 'confirm-promotion');
  return answer.open ? startPromotion(s) : hold(s, 'gate', answer.reason);
}
