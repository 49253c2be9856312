import { replicasAhead } from '../capacity.ts';
import { holdForControlPlane, isControlPlaneAway } from '../control-plane.ts';
import { failCheck, nextTick } from '../failure.ts';
import { gate, isBrakeUnanswered, refusal } from '../gates.ts';
import { besideGuard, firstWeightAt, guardHolds } from '../guard.ts';
import { goTo, hold, holdOver, isPaused, reasonIn, STAY, waitUntil, type Move } from '../move.ts';
import { isCarried, type Verdict } from '../observation.ts';
import { passed } from '../promotion.ts';
import { stepDueAt } from '../schedule.ts';
import {
  canaryServes,
  isDue,
  routesCarried,
  servicesCarried,
  timeText,
  weightOf,
  type Situation,
} from '../situation.ts';
import { nextWeight, strategyOf } from '../weights.ts';
import { isInWindow } from '../windows.ts';

/** One step after the other: capacity, weight, convergence, judgement. */
export function progressing(s: Situation): Move {
  switch (s.status.stage) {
    case 'shift':
      return awaitCarried(s);
    case 'analyse':
      return analyse(s);
    default:
      return awaitCapacity(s);
  }
}

/** The canary must be able to serve what the next weight will send it (DESIGN, law 7). */
function awaitCapacity(s: Situation): Move {
  const needed = replicasAhead(s.canary, s.status);
  const settled = isCarried(s.target.object) && s.target.pods.settled;
  const ready = settled && canaryServes(s, needed) && routesCarried(s) && servicesCarried(s);
  if (!ready || isPaused(s.status) || !isAttemptDue(s)) return STAY;
  if (isControlPlaneAway(s)) return holdForControlPlane(s);
  // Without traffic there is nothing to doubt, and nothing that could dispel it.
  const held = weightOf(s.status) > 0 ? guardHolds(s) : undefined;
  if (held !== undefined) return held;
  const answer = gate(s, 'pre-rollout');
  if (!answer.open) return gateHold(s, answer.reason, refusal(s, 'pre-rollout'));
  return depart(s, weightAhead(s));
}

/** Put off once, by a stored time: whoever comes late to it does not wait again. */
function depart(s: Situation, weight: number): Move {
  const isFirst = weightOf(s.status) === 0 && weight > 0;
  const at = isFirst ? firstWeightAt(s) : s.now;
  const { stageDueAt } = s.status;
  if (at <= s.now || isDue(stageDueAt, s.now)) return shift(s, weight);
  return stageDueAt === undefined ? { change: { ...holdOver(s), ...waitUntil(at).change } } : STAY;
}

/** After a refused `pre-rollout`, its next attempt waits for an interval. */
function isAttemptDue({ status, now }: Situation): boolean {
  return status.step?.dueAt === undefined || isDue(status.step.dueAt, now);
}

/** A refused pre-rollout counts as a failed check, as in Flagger; an unanswered one just waits. */
function gateHold(s: Situation, reason: string, refused: string | undefined): Move {
  return refused === undefined ? hold(s, 'gate', reason) : failCheck(s, refused);
}

/** A/B and blue-green stay at weight 0; a mirrored rollout takes one step at 0 first. */
function weightAhead(s: Situation): number {
  const weight = weightOf(s.status);
  const mirrorsFirst = s.analysis.mirror && (s.status.step?.index ?? 0) === 0;
  if (mirrorsFirst || strategyOf(s.analysis) !== 'weights') return weight;
  return nextWeight(s.analysis, weight) ?? weight;
}

function shift(s: Situation, weight: number): Move {
  const step = { index: (s.status.step?.index ?? 0) + 1, weight };
  return {
    ...goTo(s, 'shift', { step, peakWeight: Math.max(s.status.peakWeight ?? 0, weight) }),
    verdict: `PROGRESS: weight ${weight} %`,
  };
}

/** The step's clock starts when the mesh obeys the weight; what came before is not judged. */
function awaitCarried(s: Situation): Move {
  if (!routesCarried(s)) return STAY;
  const since = s.now + s.seen.mesh.convergenceMs;
  const step = {
    ...(s.status.step ?? { index: 0, weight: 0 }),
    since: timeText(since),
    dueAt: timeText(stepDueAt(s.analysis, since)),
  };
  return goTo(s, 'analyse', { step });
}

function analyse(s: Situation): Move {
  if (!isDue(s.status.step?.dueAt, s.now) || s.seen.verdict === undefined) return STAY;
  const refused = refusal(s, 'rollout');
  if (refused !== undefined) return failCheck(s, refused);
  if (!gate(s, 'rollout').open) return hold(s, 'gate', gate(s, 'rollout').reason);
  return judged(s, besideGuard(s.seen.verdict, s.seen.guard));
}

function judged(s: Situation, verdict: Verdict): Move {
  switch (verdict.outcome) {
    case 'hold':
      return withChecks(hold(s, 'evidence', reasonIn(verdict.line)), verdict);
    case 'fail':
      return withChecks(failCheck(s, reasonIn(verdict.line)), verdict);
    case 'pass':
      return withChecks(advance(s), verdict);
  }
}

/** The checks, and their numbers in the one line for people; a tick that moves nothing says nothing. */
function withChecks(move: Move, { line, checks }: Verdict): Move {
  if (Object.keys(move.change).length === 0) return move;
  const numbers = reasonIn(line);
  const told = move.verdict?.includes(numbers) === true || move.change.phase === 'WaitingPromotion';
  const verdict =
    move.verdict === undefined ? line : told ? move.verdict : `${move.verdict}; ${numbers}`;
  return { ...move, change: { ...move.change, checks: [...checks] }, verdict };
}

function advance(s: Situation): Move {
  if (isPaused(s.status) || !routesCarried(s) || isBrakeUnanswered(s)) return STAY;
  if (isControlPlaneAway(s)) return holdForControlPlane(s);
  if (strategyOf(s.analysis) !== 'weights') return iterate(s);
  if (nextWeight(s.analysis, weightOf(s.status)) === undefined) return passed(s);
  if (!isInWindow(s.canary.spec.windows, s.now)) {
    return hold(s, 'window', 'outside the windows in which a rollout may advance');
  }
  const answer = gate(s, 'confirm-traffic-increase');
  if (!answer.open) return hold(s, 'gate', answer.reason);
  const needed = replicasAhead(s.canary, s.status);
  return canaryServes(s, needed) && isCarried(s.target.object)
    ? shift(s, weightAhead(s))
    : goTo(s, 'scale-up');
}

function iterate(s: Situation): Move {
  const iterations = s.status.iterations + 1;
  if (iterations < (s.analysis.iterations ?? 0)) {
    return { change: { ...holdOver(s), ...nextTick(s), iterations } };
  }
  const move = passed(s);
  return { ...move, change: { ...move.change, iterations } };
}
