import { ORDERS, orderAnnotation, type Order } from '../api/annotations.ts';
import { canaryReplicas } from './capacity.ts';
import { isControlPlaneAway } from './control-plane.ts';
import { endWith, enter, holdOver, isPaused, telling, type Change, type Move } from './move.ts';
import { startPromotion } from './promotion.ts';
import { startRollout } from './rollout.ts';
import { canaryServes, heldMs, timeText, weightOf, type Situation } from './situation.ts';

/**
 * Carries out an order from an annotation. It acts once, and only when phase and revision fit; its
 * exact value is stored as handled either way, so that it can never act later.
 */
export function obey(s: Situation): Move | undefined {
  const order = ORDERS.find((name) => isNew(s, name) && !mustWait(s, name));
  if (order === undefined) return undefined;
  const value = valueOf(s, order) ?? '';
  const handled: Change = { orders: { ...s.status.orders, [order]: value } };
  const fits = value.split('@')[0] === s.status.revision;
  const move = fits ? CARRY_OUT[order](s) : undefined;
  return { ...move, change: { ...move?.change, ...handled } };
}

/** What is promoted gets new pods, which the proxies have to know. */
function mustWait(s: Situation, order: Order): boolean {
  return order === 'promote' && isControlPlaneAway(s);
}

function isNew(s: Situation, order: Order): boolean {
  const value = valueOf(s, order);
  return value !== undefined && value !== s.status.orders?.[order];
}

function valueOf({ canary }: Situation, order: Order): string | undefined {
  return canary.metadata.annotations[orderAnnotation(order)];
}

const CARRY_OUT: Record<Order, (s: Situation) => Move | undefined> = {
  pause,
  resume,
  promote,
  abort,
  retry,
};

function pause(s: Situation): Move | undefined {
  if (!isRunning(s) || isPaused(s.status)) return undefined;
  const reason = 'a person paused it';
  return telling(
    {
      change: {
        hold: { code: 'paused', reason, since: timeText(s.now) },
        heldMs: heldMs(s.status, s.now) || undefined,
      },
      verdict: `PAUSED: ${reason} at weight ${weightOf(s.status)}`,
    },
    'waiting',
    'warn',
    `${s.canary.spec.targetRef.name}: paused at weight ${weightOf(s.status)} by a person`,
  );
}

function resume(s: Situation): Move | undefined {
  if (!isPaused(s.status)) return undefined;
  return {
    change: { hold: undefined, heldMs: heldMs(s.status, s.now) },
    verdict: 'PROGRESS: resumed by a person',
  };
}

/** Ends the analysis now; never before the canary can serve what it has. */
function promote(s: Situation): Move | undefined {
  if (!isRunning(s) || !canaryServes(s, canaryReplicas(s.canary, s.status))) return undefined;
  const move = startPromotion(s);
  return {
    change: { ...holdOver(s), ...move.change, hold: undefined },
    verdict: 'PROMOTE: a person ordered it',
  };
}

function abort(s: Situation): Move | undefined {
  return isRunning(s) || s.status.phase === 'Waiting'
    ? endWith(s, 'aborted', 'a person ordered it')
    : undefined;
}

/** Tries a failed revision again, or the copy of one whose primary got stuck. */
function retry(s: Situation): Move | undefined {
  if (s.status.phase !== 'Failed' || s.status.revision === undefined) return undefined;
  if (s.status.ending?.outcome !== 'primary-stuck') return startRollout(s, s.status.revision);
  return {
    ...enter(s, 'Promoting', 'copy', { ending: undefined }),
    verdict: 'PROMOTE: the primary is tried again',
  };
}

function isRunning({ status }: Situation): boolean {
  return status.phase === 'Progressing' || status.phase === 'WaitingPromotion';
}
