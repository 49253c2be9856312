import { fullStrength } from '../capacity.ts';
import {
  deadlinePassed,
  hasNewRevision,
  isDue,
  primaryServes,
  routesCarried,
  servicesCarried,
  type Situation,
} from '../situation.ts';
import { enter, goTo, hold, STAY, telling, waitUntil, type Move } from '../move.ts';
import { isCarried } from '../observation.ts';

/**
 * Adopts the target in the safe order of DESIGN section 4: the primary serves before the apex
 * Service turns to it, and the target gives up its pods only when nobody reaches them any more.
 */
export function initializing(s: Situation): Move {
  switch (s.status.stage) {
    case 'routes':
      return awaitRoutes(s);
    case 'apex':
      return awaitApex(s);
    case 'drain':
      return isDue(s.status.stageDueAt, s.now) ? goTo(s, 'scale-down') : STAY;
    case 'scale-down':
      return awaitIdleTarget(s);
    default:
      return awaitPrimary(s);
  }
}

function awaitPrimary(s: Situation): Move {
  if (hasNewRevision(s) && s.seen.workload.primary?.revision !== s.status.revision) {
    return goTo(s, 'primary', { revision: s.target.revision });
  }
  const ready = primaryServes(s, fullStrength(s.status)) && servicesCarried(s);
  if (ready) return goTo(s, 'routes');
  if (!deadlinePassed(s)) return STAY;
  const { name } = s.canary.spec.targetRef;
  return hold(s, 'capacity', `the primary of ${name} does not become ready`);
}

function awaitRoutes(s: Situation): Move {
  if (!routesCarried(s)) return STAY;
  if (s.status.stageDueAt === undefined) return waitUntil(s.now + s.seen.mesh.convergenceMs);
  return isDue(s.status.stageDueAt, s.now) ? goTo(s, 'apex') : STAY;
}

function awaitApex(s: Situation): Move {
  if (!servicesCarried(s) || s.seen.services.apexServes !== 'primary') return STAY;
  const { convergenceMs, drainMs } = s.seen.mesh;
  const drained = s.target.pods.desired === 0 ? 0 : convergenceMs + drainMs;
  return { change: { ...goTo(s, 'drain').change, ...waitUntil(s.now + drained).change } };
}

function awaitIdleTarget(s: Situation): Move {
  const [holder] = s.target.heldByServices;
  if (holder !== undefined) {
    return hold(
      s,
      'services',
      `Service ${holder} still selects the pods of the target; point it at the primary or remove it`,
    );
  }
  if (!isCarried(s.target.object) || s.target.pods.desired !== 0) return STAY;
  const promoted = s.status.revision;
  const done = enter(s, 'Initialized', undefined, {
    lastAppliedSpec: promoted,
    lastPromotedSpec: promoted,
  });
  const { name } = s.canary.spec.targetRef;
  return telling(
    { ...done, verdict: `READY: ${name} is served by its primary` },
    'initialized',
    'info',
    `${name} is adopted: traffic goes to ${name}-primary, new versions will be analysed`,
  );
}
