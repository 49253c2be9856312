import { durationMs } from '../../api/duration.ts';
import { fullStrength } from '../capacity.ts';
import { enter, goTo, STAY, waitUntil, type Move } from '../move.ts';
import {
  isDue,
  primaryServes,
  routesCarried,
  servicesCarried,
  weightOf,
  type Situation,
} from '../situation.ts';
import { weightOnWayBack } from '../weights.ts';

/**
 * The primary gets the new template, traffic goes back to it. After the copy there is no abort: a
 * primary that misses its deadline leaves all traffic with the proven canary.
 */
export function promoting(s: Situation): Move {
  switch (s.status.stage) {
    case 'shift':
      return awaitCanaryServesAll(s);
    case 'back':
      return awaitWayBack(s);
    default:
      return awaitPrimary(s);
  }
}

function awaitCanaryServesAll(s: Situation): Move {
  if (!routesCarried(s)) return STAY;
  if (s.status.stageDueAt === undefined) return waitUntil(s.now + s.seen.mesh.convergenceMs);
  return isDue(s.status.stageDueAt, s.now) ? goTo(s, 'copy') : STAY;
}

/**
 * Ready pods are not enough: until the proxies know them, requests to the primary still meet old pods
 * that only drain, and who was sent to the new version before would meet the old one again.
 */
function awaitPrimary(s: Situation): Move {
  const carries = s.seen.workload.primary?.revision === s.status.revision;
  const serves = primaryServes(s, fullStrength(s.status)) && servicesCarried(s);
  if (!carries || !serves) return forgetWait(s);
  if (s.status.stageDueAt === undefined) return waitUntil(s.now + s.seen.mesh.convergenceMs);
  return isDue(s.status.stageDueAt, s.now) ? stepBack(s) : STAY;
}

function forgetWait({ status }: Situation): Move {
  return status.stageDueAt === undefined ? STAY : { change: { stageDueAt: undefined } };
}

function stepBack(s: Situation): Move {
  const weight = weightOnWayBack(s.analysis, weightOf(s.status));
  const step = { index: (s.status.step?.index ?? 0) + 1, weight };
  if (weight > 0) return goTo(s, 'back', { step });
  return {
    ...enter(s, 'Finalising', 'reset', {
      step,
      ending: { outcome: 'promoted', reason: 'every check passed' },
    }),
    verdict: 'PROMOTE: the primary runs the new version and takes all traffic',
  };
}

function awaitWayBack(s: Situation): Move {
  if (!routesCarried(s)) return STAY;
  if (s.status.stageDueAt === undefined) {
    return waitUntil(s.now + s.seen.mesh.convergenceMs + durationMs(s.analysis.interval));
  }
  return isDue(s.status.stageDueAt, s.now) ? stepBack(s) : STAY;
}
