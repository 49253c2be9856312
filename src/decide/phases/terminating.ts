import { fullStrength } from '../capacity.ts';
import { enter, goTo, STAY, telling, waitUntil, type Move } from '../move.ts';
import { isCarried } from '../observation.ts';
import {
  canaryServes,
  isDue,
  routesCarried,
  servicesCarried,
  type Situation,
} from '../situation.ts';

/** Brings the target back before the Canary goes: adoption backwards. */
export function terminating(s: Situation): Move {
  switch (s.status.stage) {
    case 'shift':
      return awaitConverged(s, 'apex');
    case 'apex':
      return awaitApex(s);
    case 'routes':
      return awaitConverged(s, 'drain');
    case 'drain':
      return isDue(s.status.stageDueAt, s.now) ? terminate(s) : STAY;
    default:
      return awaitTarget(s);
  }
}

/** Nothing is left to decide; `act` lets the object go. */
export function terminated(): Move {
  return STAY;
}

function awaitTarget(s: Situation): Move {
  const ready = isCarried(s.target.object) && canaryServes(s, fullStrength(s.status));
  if (!ready) return STAY;
  return goTo(s, 'shift', { step: { index: 0, weight: 100 } });
}

function awaitConverged(s: Situation, next: 'apex' | 'drain'): Move {
  if (!routesCarried(s)) return STAY;
  if (s.status.stageDueAt === undefined) return waitUntil(s.now + s.seen.mesh.convergenceMs);
  if (!isDue(s.status.stageDueAt, s.now)) return STAY;
  const due = waitUntil(s.now + s.seen.mesh.drainMs).change;
  return { change: { ...goTo(s, next).change, ...(next === 'drain' ? due : {}) } };
}

function awaitApex(s: Situation): Move {
  return servicesCarried(s) && s.seen.services.apexServes === 'target' ? goTo(s, 'routes') : STAY;
}

function terminate(s: Situation): Move {
  const { name } = s.canary.spec.targetRef;
  return telling(
    { ...enter(s, 'Terminated'), verdict: 'ENDED: the target serves again' },
    'terminated',
    'info',
    `${name}: its Canary was deleted; the target serves again as before`,
  );
}
