import type { Canary } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';
import type { CanaryStatus, Phase } from '../api/status.ts';
import type { Accepted } from './observation.ts';
import { acknowledgeAt } from './outbox.ts';
import { heldMs, timeOf } from './situation.ts';

/**
 * When this canary must be looked at again even if no event comes; undefined: only then. A step that
 * is overdue because it holds is measured again soon, then less and less soon, and in the end on the
 * grid of its interval, counted from its due time, so that a restart changes no rhythm. `accepted`: messages that providers took and that the
 * status may still owe.
 */
export function dueAt(
  canary: Canary,
  now: number,
  accepted: readonly Accepted[] = [],
): number | undefined {
  const { status } = canary;
  if (status === undefined) return now;
  const times = [
    stageTime(status, now),
    stepTime(canary, status, now),
    deadline(canary, status, now),
    holdEnd(canary, status, now),
    acknowledgeAt(status, accepted),
    lookAgain(status, now),
  ].filter((time) => time !== undefined);
  return times.length === 0 ? undefined : Math.max(now, Math.min(...times));
}

/** Something was due a moment ago and nobody came: a lost timer, a failover. */
export function isOverdue({ status }: Canary, now: number): boolean {
  if (status === undefined) return true;
  const due = timeOf(status.stage === 'analyse' ? status.step?.dueAt : status.stageDueAt);
  return due !== undefined && now - due > OVERDUE_MS;
}

const OVERDUE_MS = 1000;

/**
 * For what no event tells: a window that opens, a gate that is asked again, a missed event. A step
 * whose time has not come waits for none of the first two.
 */
function lookAgain({ phase, stage, step, hold }: CanaryStatus, now: number): number | undefined {
  if (!OPEN.has(phase) && hold === undefined) return undefined;
  const due = timeOf(step?.dueAt);
  const waits = stage === 'analyse' && hold === undefined && due !== undefined && due > now;
  return now + (waits ? MISSED_EVENT_MS : LOOK_AGAIN_MS);
}

const LOOK_AGAIN_MS = 5000;
const MISSED_EVENT_MS = 30_000;

const OPEN: ReadonlySet<Phase> = new Set([
  'Initializing',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Terminating',
]);

function stageTime(status: CanaryStatus, now: number): number | undefined {
  const due = timeOf(status.stageDueAt);
  return due !== undefined && due > now ? due : undefined;
}

function stepTime(canary: Canary, status: CanaryStatus, now: number): number | undefined {
  const due = timeOf(status.step?.dueAt);
  if (due === undefined) return undefined;
  if (due > now) return due;
  if (status.stage !== 'analyse') return undefined;
  const interval = durationMs(canary.spec.analysis.interval);
  const soon = due + SOON_MS * 2 ** Math.floor(1 + Math.log2(Math.max(1, (now - due) / SOON_MS)));
  return soon < due + interval ? soon : due + Math.ceil((now - due + 1) / interval) * interval;
}

/** Samples that a due step still lacks are mostly on their way: doubled, up to the interval. */
const SOON_MS = 500;

function deadline(canary: Canary, status: CanaryStatus, now: number): number | undefined {
  const since = timeOf(status.stageSince);
  if (since === undefined || !OPEN.has(status.phase)) return undefined;
  const due = since + heldMs(status, now) + canary.spec.progressDeadlineSeconds * 1000;
  return due > now ? due : undefined;
}

function holdEnd(canary: Canary, status: CanaryStatus, now: number): number | undefined {
  if (status.hold?.code !== 'evidence') return undefined;
  const end = timeOf(status.hold.since) + durationMs(canary.spec.analysis.maxHold);
  return end > now ? end : undefined;
}
