import { canaryReplicas, fullStrength, isEnough, replicasFor } from './capacity.ts';
import { endWith, enter, goTo, holdOver, telling, type Change, type Move } from './move.ts';
import { stepDueAt } from './schedule.ts';
import { canaryServes, timeText, weightOf, type Situation } from './situation.ts';
import { intentOf } from './intent.ts';

/** `threshold` failed checks roll back; until then the step is judged again after an interval. */
export function failCheck(s: Situation, why: string): Move {
  const failedChecks = s.status.failedChecks + 1;
  if (failedChecks >= s.analysis.threshold) {
    const move = endWith(s, 'failed', why);
    return { ...move, change: { ...move.change, failedChecks } };
  }
  return {
    change: { ...holdOver(s), ...nextTick(s), failedChecks },
    verdict: `FAIL ${failedChecks} of ${s.analysis.threshold}: ${why}`,
  };
}

/** The step is judged again at the next moment of its schedule. */
export function nextTick({ status, analysis, now }: Situation): Change {
  if (status.step === undefined) return {};
  return { step: { ...status.step, dueAt: timeText(stepDueAt(analysis, now)) } };
}

/**
 * Pods went away under traffic: the traffic goes first, whoever has suspended or paused the rollout
 * (DESIGN, law 7). In the analysis it also counts as a failed check.
 */
export function retreatFromLostPods(s: Situation): Move | undefined {
  const { phase, step, ending } = s.status;
  if (!hasTraffic(s) || hasPods(s)) return undefined;
  if (ending?.outcome === 'primary-stuck') return retreatToPrimary(s);
  if (phase === 'Promoting') {
    return {
      change: { step: { index: step?.index ?? 0, weight: 0 } },
      verdict: 'PROMOTE: the canary lost its pods; the primary serves alone',
    };
  }
  return phase === 'Progressing' || phase === 'WaitingPromotion' ? retreat(s) : undefined;
}

/**
 * The primary lost all its pods while it changes over: the proven canary serves alone, at once and
 * not at the deadline, until the primary is there again (DESIGN, law 7).
 */
export function relieveLostPrimary(s: Situation): Move | undefined {
  const { phase, stage, step } = s.status;
  const weight = weightOf(s.status);
  if (phase !== 'Promoting' || stage === 'shift' || weight === 0 || weight === 100)
    return undefined;
  if (s.seen.services.primaryEndpoints > 0 || !canaryServes(s, fullStrength(s.status)))
    return undefined;
  const all = { index: step?.index ?? 0, weight: 100 };
  const change = stage === 'copy' ? { step: all } : goTo(s, 'copy', { step: all }).change;
  return {
    change,
    verdict: 'PROMOTE: the primary lost its pods; the proven canary serves alone',
  };
}

/** The proven canary stood in for a primary that is late: what that one has is more than nothing. */
function retreatToPrimary(s: Situation): Move | undefined {
  if (s.seen.services.primaryEndpoints === 0) return undefined;
  const lost = 'the proven canary lost its pods; the primary serves with those that it has';
  const step = { index: s.status.step?.index ?? 0, weight: 0 };
  const move = enter(s, 'Promoting', 'copy', { step, ending: undefined });
  const { name } = s.canary.spec.targetRef;
  return telling({ ...move, verdict: `PROMOTE: ${lost}` }, 'stuck', 'error', `${name}: ${lost}`);
}

function hasTraffic({ canary, status }: Situation): boolean {
  const { routes } = intentOf(canary, status);
  return typeof routes !== 'string' && (routes.canaryWeight > 0 || routes.matched);
}

/** Pods that nobody has counted yet are judged by their endpoints (DESIGN, law 6). */
function hasPods(s: Situation): boolean {
  const wanted = replicasFor(weightOf(s.status), s.status);
  const needed = Math.min(wanted, canaryReplicas(s.canary, s.status));
  if (s.target.pods.uncounted !== true) return canaryServes(s, needed);
  return isEnough(s.seen.services.canaryEndpoints, needed, s.analysis.canaryReadyThreshold);
}

function retreat(s: Situation): Move {
  const { ready } = s.target.pods;
  const failed = failCheck(
    s,
    `only ${ready} canary pods are ready at weight ${weightOf(s.status)}`,
  );
  if (failed.change.phase === 'Finalising') return failed;
  const { failedChecks } = failed.change;
  const step = { index: s.status.step?.index ?? 0, weight: 0 };
  return {
    ...failed,
    change: { ...enter(s, 'Progressing', 'scale-up', { failedChecks, step }).change },
  };
}
