import { isDeepStrictEqual } from 'node:util';
import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { TargetSeen } from '../ports/workload.ts';
import { calendarProblems } from './calendar-problems.ts';
import { conditionsOf } from './conditions.ts';
import { raisedFences } from './fences.ts';
import { pinnedAfter } from './guard.ts';
import { STAY, type Change, type Move } from './move.ts';
import type { Observation } from './observation.ts';
import { ACKNOWLEDGE_AFTER_MS, outboxOf } from './outbox.ts';
import { PHASES } from './phases/table.ts';
import { RULES } from './rules.ts';
import { timeText, type Situation } from './situation.ts';

/** The rules that this code knows. A replica that meets a plan of a higher version stands down. */
export const PLAN_VERSION = 1;

/**
 * What the plan becomes, from the plan so far, the world as observed, and the time. Pure: no clock,
 * no I/O, no randomness. Answers the very status it was given when there is nothing to store.
 */
export function decide(canary: Canary, observed: Observation, now: number): CanaryStatus {
  const seen = withCalendar(canary, observed, now);
  const status = canary.status ?? newborn(canary, seen, now);
  const target = seen.workload.target ?? absent(status);
  const situation: Situation = {
    canary,
    analysis: canary.spec.analysis,
    status,
    seen,
    target,
    now,
  };
  const move = moveOf(situation);
  const after = settle(situation, move);
  return canary.status !== undefined && isNothingNew(situation, canary.status, after)
    ? canary.status
    : after;
}

/** What is wrong with the calendar counts as what is wrong with the target: nothing is begun. */
function withCalendar(canary: Canary, seen: Observation, now: number): Observation {
  const problems = calendarProblems(canary, now);
  if (problems.length === 0) return seen;
  const { workload } = seen;
  return { ...seen, workload: { ...workload, problems: [...problems, ...workload.problems] } };
}

/** A Canary that was never stored only gets its first plan: nothing is done about it yet. */
function moveOf(situation: Situation): Move {
  const { canary } = situation;
  if (canary.status === undefined && canary.metadata.deletionTimestamp == null) return STAY;
  for (const rule of RULES) {
    const move = rule.apply(situation);
    if (move !== undefined) return move;
  }
  if (cannotBegin(situation)) return STAY;
  return PHASES[situation.status.phase](situation);
}

/** Nothing is begun on wrong input; what has begun goes on to a safe end. */
function cannotBegin({ status, seen }: Situation): boolean {
  const begun =
    status.phase !== 'Initializing' && status.phase !== 'Waiting' && !IDLE.has(status.phase);
  const { workload, services, routes } = seen;
  const problems = [...workload.problems, ...services.problems, ...routes.problems];
  return !begun && (workload.target === undefined || problems.length > 0);
}

const IDLE: ReadonlySet<string> = new Set(['Initialized', 'Succeeded', 'Failed']);

/**
 * The first plan. A primary that exists already (a restored cluster, a Canary made anew) is taken as
 * what is promoted.
 */
function newborn(canary: Canary, { workload }: Observation, now: number): CanaryStatus {
  const { primary, target } = workload;
  const revision = primary?.revision ?? target?.revision;
  return {
    phase: 'Initializing',
    stage: 'primary',
    stageSince: timeText(now),
    planVersion: PLAN_VERSION,
    canaryWeight: 0,
    failedChecks: 0,
    iterations: 0,
    primaryFloor: Math.max(1, primary?.pods.desired ?? 0, target?.pods.desired ?? 0),
    conditions: [],
    fences: {},
    verdict: `ADOPTING: ${canary.spec.targetRef.name} gets a primary`,
    ...(revision === undefined ? {} : { revision }),
  };
}

/** A target that does not exist, as a target without pods: the phases need not ask. */
function absent(status: CanaryStatus): TargetSeen {
  return {
    revision: status.revision ?? '',
    configs: {},
    pods: { desired: 0, updated: 0, ready: 0, settled: true },
    object: { conformity: 'unneeded', stamp: 0 },
    autoscalerMin: undefined,
    heldByServices: [],
  };
}

/** Everything that follows from a move: what is derived, what is told, what is fenced. */
function settle(s: Situation, move: Move): CanaryStatus {
  const { canary, status, seen, now } = s;
  const planned = merge(status, {
    ...move.change,
    ...(move.verdict === undefined ? {} : { verdict: move.verdict.slice(0, 1024) }),
    planVersion: PLAN_VERSION,
  });
  const moved = merge(planned, {
    observedGeneration: canary.metadata.generation,
    canaryWeight: planned.step?.weight ?? 0,
    guard: pinnedAfter(status, planned, seen.guard?.basis, now),
    ...(planned.phase === canary.status?.phase ? {} : { lastTransitionTime: timeText(now) }),
    ...outboxOf(canary, status, move.tell, seen, now),
    fences: raisedFences(canary, canary.status, planned, seen),
  });
  return merge(moved, { conditions: conditionsOf(canary, moved, seen, now) });
}

function merge(status: CanaryStatus, change: Change): CanaryStatus {
  const merged = Object.entries({ ...status, ...change }).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(merged) as CanaryStatus;
}

/**
 * Whether there is nothing to store: numbers that moved are no reason to write, and an
 * acknowledgement waits a while for a change to travel with (DESIGN section 7).
 */
function isNothingNew(s: Situation, before: CanaryStatus, after: CanaryStatus): boolean {
  const overdue = s.seen.accepted.some(({ at }) => s.now - at >= ACKNOWLEDGE_AFTER_MS);
  const aside: (keyof CanaryStatus)[] = overdue ? ['checks'] : ['checks', 'outbox'];
  return isDeepStrictEqual(without(before, aside), without(after, aside));
}

function without(status: CanaryStatus, fields: (keyof CanaryStatus)[]): unknown {
  return Object.fromEntries(Object.entries(status).filter(([name]) => !fields.includes(name)));
}
