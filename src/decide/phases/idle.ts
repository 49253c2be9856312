import { hasNewRevision, primaryServes, type Situation } from '../situation.ts';
import { enter, hold, STAY, type Move } from '../move.ts';
import { fullStrength } from '../capacity.ts';
import { startRollout } from '../rollout.ts';

/** Initialized, Succeeded and Failed: waits for a new revision. */
export function idle(s: Situation): Move {
  if (!hasNewRevision(s)) return STAY;
  if (s.status.ending?.outcome === 'primary-stuck' && !primaryServes(s, fullStrength(s.status))) {
    return hold(s, 'capacity', 'the canary serves all traffic until the primary is ready again');
  }
  if (s.target.revision === s.status.lastPromotedSpec) return backAtPromoted(s);
  return startRollout(s, s.target.revision);
}

/** The target was set back to what the primary already runs: there is nothing to analyse. */
function backAtPromoted(s: Situation): Move {
  return {
    ...enter(s, 'Succeeded', undefined, {
      revision: s.target.revision,
      lastAppliedSpec: s.target.revision,
      ending: undefined,
    }),
    verdict: 'READY: the target is back at the promoted version',
  };
}
