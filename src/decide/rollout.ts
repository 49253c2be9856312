import type { CanaryStatus, Outcome, Rollout } from '../api/status.ts';
import { enter, hold, telling, type Change, type Move } from './move.ts';
import { gate } from './gates.ts';
import { timeText, type Situation } from './situation.ts';
import { isInWindow } from './windows.ts';

/**
 * Takes up a revision: at once, or in phase Waiting while a window is closed or `confirm-rollout`
 * has not said yes.
 */
export function startRollout(s: Situation, revision: string): Move {
  const begun = begin(s, revision);
  const obstacle = obstacleToStart(s);
  if (obstacle === undefined) {
    return s.canary.spec.skipAnalysis ? skipAnalysis(s, begun) : progress(s, begun);
  }
  if (s.status.phase === 'Waiting' && s.status.revision === revision) return obstacle;
  const waiting = { ...enter(s, 'Waiting', undefined, { ...begun, hold: obstacle.change.hold }) };
  return telling(
    { ...waiting, ...(obstacle.verdict === undefined ? {} : { verdict: obstacle.verdict }) },
    'waiting',
    'warn',
    `${s.canary.spec.targetRef.name}: a new version waits to start: ${obstacle.change.hold?.reason ?? 'held'}`,
  );
}

function obstacleToStart(s: Situation): Move | undefined {
  if (!isInWindow(s.canary.spec.windows, s.now)) {
    return hold(s, 'window', 'outside the windows in which a rollout may start');
  }
  const answer = gate(s, 'confirm-rollout');
  return answer.open ? undefined : hold(s, 'gate', answer.reason);
}

/** What every rollout begins with, whatever was there before. */
function begin(s: Situation, revision: string): Change {
  return {
    revision,
    lastAppliedSpec: revision,
    startedAt: timeText(s.now),
    step: { index: 0, weight: 0 },
    peakWeight: 0,
    failedChecks: 0,
    iterations: 0,
    ending: undefined,
    // What was paused is over: nobody would know of a pause that went on in silence.
    hold: undefined,
    checks: undefined,
    trackedConfigs: s.target.configs,
    primaryFloor: floorOf(s),
  };
}

/** The primary's strength when a rollout begins; kept from the last one while traffic is away from it. */
function floorOf({ seen, status }: Situation): number {
  const desired = seen.workload.primary?.pods.desired ?? 0;
  return Math.max(1, desired === 0 ? (status.primaryFloor ?? 1) : desired);
}

function progress(s: Situation, begun: Change): Move {
  const { name } = s.canary.spec.targetRef;
  return telling(
    { ...enter(s, 'Progressing', 'scale-up', begun), verdict: 'PROGRESS: scaling the canary up' },
    'started',
    'info',
    `${name}: a new version is being rolled out`,
  );
}

function skipAnalysis(s: Situation, begun: Change): Move {
  const { name } = s.canary.spec.targetRef;
  return telling(
    { ...enter(s, 'Promoting', 'copy', begun), verdict: 'PROMOTE: skipAnalysis is set' },
    'started',
    'info',
    `${name}: a new version is promoted without analysis, as skipAnalysis says`,
  );
}

/** Adds the rollout that is over to the last ten. */
export function remembered(
  status: CanaryStatus,
  outcome: Outcome,
  reason: string,
  now: number,
): Rollout[] {
  const rollout: Rollout = {
    revision: status.revision ?? '',
    outcome,
    reason: reason.slice(0, 512),
    ...(status.startedAt === undefined ? {} : { startedAt: status.startedAt }),
    endedAt: timeText(now),
    weight: status.peakWeight ?? 0,
  };
  return [...(status.history ?? []), rollout].slice(-10);
}

/**
 * A new revision in mid-rollout: the weight goes before its pods are ready, then it all starts
 * over. When the target went back to what the primary runs, there is nothing to start.
 */
export function supersede(s: Situation): Move {
  const { revision } = s.target;
  const history = remembered(s.status, 'superseded', 'a newer version came', s.now);
  if (revision !== s.status.lastPromotedSpec) {
    const move = progress(s, begin(s, revision));
    return { ...move, change: { ...move.change, history } };
  }
  const reason = 'the target went back to the promoted version';
  return {
    ...enter(s, 'Finalising', 'reset', {
      ending: { outcome: 'superseded', reason },
      hold: undefined,
      revision,
      lastAppliedSpec: revision,
      step: { index: 0, weight: 0 },
    }),
    verdict: `SUPERSEDED: ${reason}`,
  };
}
