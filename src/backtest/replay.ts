import { durationMs } from '../api/duration.ts';
import type { Canary } from '../api/canary.ts';
import { isCounted } from '../api/metrics.ts';
import { besideGuard } from '../decide/guard.ts';
import { reasonIn } from '../decide/move.ts';
import type { Verdict } from '../decide/observation.ts';
import { stepDueAt } from '../decide/schedule.ts';
import type { Accusation } from '../judge/guard/state.ts';
import { judge } from '../judge/verdict.ts';
import {
  type CheckedAt,
  checkPeriod,
  type CheckPeriod,
  checkPeriodOrLast,
  ON_THEIR_WAY,
} from '../ports/check-period.ts';
import type { Measurement } from '../ports/telemetry.ts';
import { carriedFrom, guardThrough, type Said, stepSince } from './guard-replay.ts';
import { edgeBefore, type History } from './history.ts';
import { keptMetrics, passesNeeded, type Policy, replayable } from './policy.ts';
import type { PastRollout } from './rollouts.ts';

/** What a policy would have done with a rollout, and why. */
export interface Replayed {
  /**
   * - `rollback`: it takes the canary back at `at`;
   * - `promote`: nothing keeps the canary from its promotion at `at`;
   * - `hold`: since `at` and until the end it does not let the present step pass.
   */
  readonly outcome: 'rollback' | 'promote' | 'hold';
  /** The store's time in milliseconds. */
  readonly at: number;
  readonly by: 'guard' | 'checks';
  /** One sentence or line, with numbers. */
  readonly why: string;
  /** What was wrong with the canary, where it is taken back. */
  readonly charge?: Charge;
}

export type Charge =
  | { readonly of: 'errors' }
  /** In milliseconds: requests slower than this; undefined: the 99th percentile. */
  | { readonly of: 'durations'; readonly bound: number | undefined }
  /** A metric of its own, which says nothing of the primary. */
  | { readonly of: 'other' };

/** Replays one rollout by one policy. The weights are those that history had. */
export function replay(history: History, rollout: PastRollout, policy: Policy): Replayed {
  return policy.rules === 'flagger'
    ? byFlagger(history, rollout, policy)
    : byLinnet(history, rollout, policy);
}

/** The moments of a policy's checks in a rollout, as far as it goes on. */
export function checkTimes(
  history: Pick<History, 'edgeMs'>,
  rollout: PastRollout,
  { rules, canary }: Policy,
): number[] {
  const from = rules === 'flagger' ? rollout.from : carriedFrom(rollout, history);
  return [...ticks(canary, rollout, from)];
}

function byLinnet(history: History, rollout: PastRollout, policy: Policy): Replayed {
  const canary = replayable(policy);
  const { analysis } = canary.spec;
  const rulings = [...guardThrough(history, rollout, canary)];
  const conviction = rulings.find(({ outcome }) => outcome === 'rollback');
  const paused = durationMs(analysis.maxHold);
  const state = newTally();
  for (const at of checkTimes(history, rollout, policy)) {
    if (conviction !== undefined && conviction.at <= at) break;
    const since = stepSince(rollout, history, at);
    const measured = measuredAt(history, policy, at, (checked) =>
      checkPeriod({ ...checked, since }),
    );
    const verdict = judge(canary, { measured, split: undefined });
    const judged = beside(
      verdict,
      rulings.findLast((said) => said.at <= at),
    );
    state.by = judged === verdict ? 'checks' : 'guard';
    const ended = counted(state, judged, canary, at);
    if (ended !== undefined) return ended;
    const isPaused = judged.outcome === 'hold' && at - (state.heldSince ?? at) >= paused;
    if (isPaused) {
      state.why = `${judged.line}; after ${analysis.maxHold} it is paused for a person`;
      break;
    }
  }
  if (conviction !== undefined) return convicted(conviction);
  return atEnd(state, rollout);
}

/** Failed checks roll back at the next tick; none is excused, and none looks at the primary. */
function byFlagger(history: History, rollout: PastRollout, policy: Policy): Replayed {
  const canary = replayable(policy);
  const { threshold } = canary.spec.analysis;
  const state = newTally();
  for (const at of checkTimes(history, rollout, policy)) {
    if (state.failed >= threshold) return rolledBack(state, at);
    const measured = measuredAt(history, policy, at, (checked) =>
      checkPeriodOrLast({ ...checked, since: rollout.from }),
    );
    const verdict = judge(canary, { measured, split: undefined });
    const strict = verdict.outcome === 'hold' ? { ...verdict, outcome: 'fail' as const } : verdict;
    const ended = counted(state, strict, canary, at, Infinity);
    if (ended !== undefined) return ended;
  }
  return atEnd(state, rollout);
}

interface TallyOfChecks {
  passed: number;
  failed: number;
  /** Since when no check has passed. */
  heldSince: number | undefined;
  why: string;
  /** Who says why. */
  by: Replayed['by'];
  charge: Charge | undefined;
}

function newTally(): TallyOfChecks {
  return { passed: 0, failed: 0, heldSince: undefined, why: '', by: 'checks', charge: undefined };
}

/** Takes in a check; what it leads to, if it leads to an end. */
function counted(
  state: TallyOfChecks,
  verdict: Verdict,
  canary: Canary,
  at: number,
  threshold = canary.spec.analysis.threshold,
): Replayed | undefined {
  const needed = passesNeeded(canary);
  state.why = reasonIn(verdict.line);
  if (verdict.outcome === 'pass') {
    state.passed += 1;
    state.heldSince = undefined;
    if (state.passed < needed) return undefined;
    return { outcome: 'promote', at, by: 'checks', why: `${needed} of ${needed} checks passed` };
  }
  state.heldSince ??= at;
  if (verdict.outcome === 'hold') return undefined;
  state.failed += 1;
  state.charge = chargeOf(verdict);
  return state.failed >= threshold ? rolledBack(state, at) : undefined;
}

function rolledBack({ failed, why, charge }: TallyOfChecks, at: number): Replayed {
  const text = failed > 1 ? `${failed} checks failed, the last: ${why}` : why;
  return { outcome: 'rollback', at, by: 'checks', why: text, ...(charge && { charge }) };
}

function convicted({ at, line, accusation }: Said): Replayed {
  const charge = accusation && chargeOfGuard(accusation);
  return {
    outcome: 'rollback',
    at,
    by: 'guard',
    why: reasonIn(line),
    ...(charge && { charge }),
  };
}

/** History went on without the policy's consent, or with it. */
function atEnd({ passed, heldSince, why, by }: TallyOfChecks, rollout: PastRollout): Replayed {
  const at = rollout.comparedUntil;
  if (heldSince !== undefined) return { outcome: 'hold', at: heldSince, by, why };
  if (passed === 0) {
    return {
      outcome: 'hold',
      at: rollout.from,
      by: 'checks',
      why: 'no check was due before its end',
    };
  }
  const checks = passed === 1 ? 'the one check' : `all ${passed} checks`;
  return { outcome: 'promote', at, by: 'checks', why: `${checks} until its end passed` };
}

/** The moments of a policy's checks, from when the canary gets requests until its analysis ends. */
function* ticks({ spec: { analysis } }: Canary, { comparedUntil }: PastRollout, from: number) {
  for (let at = stepDueAt(analysis, from); at <= comparedUntil; at = stepDueAt(analysis, at)) {
    yield at;
  }
}

/** What a check measures; the store's own queries were asked for before. */
function measuredAt(
  history: History,
  policy: Policy,
  at: number,
  periodOf: (checked: Omit<CheckedAt, 'since'>) => CheckPeriod | undefined,
): Measurement[] {
  const { edgeMs } = history;
  const until = edgeBefore(history, at);
  return keptMetrics(policy).map(({ metric, answers }): Measurement => {
    const asked = answers?.get(at);
    if (asked !== undefined) return asked;
    if (!isCounted(metric)) return { kind: 'no-data', why: `${metric.name} has no result` };
    const period = periodOf({ intervalMs: durationMs(metric.interval), until, edgeMs });
    return period === undefined ? ON_THEIR_WAY : history.measure(metric.name, period);
  });
}

function beside(verdict: Verdict, said: Said | undefined): Verdict {
  return besideGuard(verdict, said && { basis: { version: 0 }, ruling: said });
}

function chargeOf({ checks }: Verdict): Charge {
  const name = checks.find(({ outcome }) => outcome === 'fail')?.name ?? 'request-success-rate';
  if (name === 'request-duration') return { of: 'durations', bound: undefined };
  return name === 'request-success-rate' ? { of: 'errors' } : { of: 'other' };
}

function chargeOfGuard({ signal, bound }: Accusation): Charge {
  return signal === 'latency' ? { of: 'durations', bound } : { of: 'errors' };
}
