import { fullStrength } from './capacity.ts';
import { enter, hold, telling, type Move } from './move.ts';
import { canaryServes, routesCarried, weightOf, type Situation } from './situation.ts';
import { canSplit, strategyOf } from './weights.ts';
import { isInWindow } from './windows.ts';

/** The analysis is over and good: promote, or wait for whoever has to allow it. */
export function passed(s: Situation): Move {
  const gated = s.analysis.webhooks.some((hook) => hook.type === 'confirm-promotion');
  if (!gated && isInWindow(s.canary.spec.windows, s.now)) return startPromotion(s);
  const reason = gated ? 'confirm-promotion' : 'the next window';
  const { name } = s.canary.spec.targetRef;
  return telling(
    { ...enter(s, 'WaitingPromotion'), verdict: `PASS: waits for ${reason} to be promoted` },
    'waiting',
    'warn',
    `${name}: the analysis is passed; promotion waits for ${reason}`,
  );
}

/**
 * Blue-green sends everything to the proven canary first, where a mesh can; otherwise the primary
 * gets the new template while both go on serving their shares.
 */
export function startPromotion(s: Situation): Move {
  const blueGreen = strategyOf(s.analysis) === 'blue-green' && canSplit(s.canary);
  if (blueGreen && !canBearAll(s)) {
    return hold(s, 'capacity', 'the canary is not ready to take all traffic');
  }
  const step = { index: s.status.step?.index ?? 0, weight: blueGreen ? 100 : weightOf(s.status) };
  return {
    ...enter(s, 'Promoting', blueGreen ? 'shift' : 'copy', { step }),
    verdict: 'PROMOTE: the analysis is passed; the primary gets the new version',
  };
}

function canBearAll(s: Situation): boolean {
  return canaryServes(s, fullStrength(s.status)) && routesCarried(s);
}
