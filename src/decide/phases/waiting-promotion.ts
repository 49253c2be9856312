import { holdForControlPlane, isControlPlaneAway } from '../control-plane.ts';
import { gate } from '../gates.ts';
import { guardHolds } from '../guard.ts';
import { hold, isPaused, STAY, type Move } from '../move.ts';
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
  if (!answer.open) return hold(s, 'gate', answer.reason);
  return guardHolds(s) ?? (isPaused(s.status) ? STAY : startPromotion(s));
}
