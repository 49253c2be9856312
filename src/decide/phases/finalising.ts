import type { Outcome, Phase } from '../../api/status.ts';
import { enter, goTo, STAY, telling, waitUntil, type Move } from '../move.ts';
import { isCarried } from '../observation.ts';
import { remembered } from '../rollout.ts';
import { isDue, routesCarried, timeOf, type Situation } from '../situation.ts';

/**
 * Takes the rollout to its end, promoted or not: traffic away from the canary, then its requests
 * done, then its pods gone. Only then is the end told.
 */
export function finalising(s: Situation): Move {
  switch (s.status.stage) {
    case 'drain':
      return isDrained(s) ? goTo(s, 'scale-down') : STAY;
    case 'scale-down':
      return isCarried(s.target.object) && s.target.pods.desired === 0 ? end(s) : STAY;
    default:
      return awaitReset(s);
  }
}

function awaitReset(s: Situation): Move {
  if (!routesCarried(s)) return STAY;
  if (s.status.ending?.outcome === 'primary-stuck') return end(s);
  const { convergenceMs, drainMs } = s.seen.mesh;
  const drain = {
    ...goTo(s, 'drain').change,
    ...waitUntil(s.now + convergenceMs + drainMs).change,
  };
  return { change: drain };
}

/** Over when its time is, or sooner when metrics show that nothing arrives any more. */
function isDrained({ status, seen, now }: Situation): boolean {
  if (isDue(status.stageDueAt, now)) return true;
  const since = timeOf(status.stageSince) ?? now;
  return seen.mesh.canaryQuiet === true && now - since >= seen.mesh.convergenceMs;
}

function end(s: Situation): Move {
  const { outcome, reason } = s.status.ending ?? { outcome: 'failed', reason: 'unknown' };
  const { phase, text } = ENDS[outcome];
  const { name } = s.canary.spec.targetRef;
  const promoted = outcome === 'promoted' ? { lastPromotedSpec: s.status.revision } : {};
  const history =
    outcome === 'superseded' && s.status.history !== undefined
      ? s.status.history
      : remembered(s.status, outcome, reason, s.now);
  const move: Move = {
    ...enter(s, phase, undefined, { ...promoted, history }),
    ...(outcome === 'promoted' ? { verdict: `PROMOTED: ${reason}` } : {}),
  };
  if (outcome === 'superseded' || outcome === 'primary-stuck') return move;
  const kind = outcome === 'promoted' ? 'promoted' : 'failed';
  return telling(
    move,
    kind,
    outcome === 'promoted' ? 'info' : 'error',
    `${name}: ${text}: ${reason}`,
  );
}

const ENDS: Record<Outcome, { phase: Phase; text: string }> = {
  promoted: { phase: 'Succeeded', text: 'promoted' },
  failed: { phase: 'Failed', text: 'rolled back' },
  aborted: { phase: 'Failed', text: 'rolled back on request' },
  superseded: { phase: 'Succeeded', text: 'superseded' },
  'primary-stuck': { phase: 'Failed', text: 'the canary serves' },
};
