import type { Phase } from '../api/status.ts';
import { fullStrength, replicasAhead } from './capacity.ts';
import { awaitControlPlane } from './control-plane.ts';
import { relieveLostPrimary, retreatFromLostPods } from './failure.ts';
import { guardConvicts } from './guard.ts';
import { enter, endWith, hold, STAY, telling, type Move } from './move.ts';
import { obey } from './orders.ts';
import { supersede } from './rollout.ts';
import {
  canaryServes,
  deadlinePassed,
  hasNewRevision,
  routesCarried,
  timeOf,
  timeText,
  weightOf,
  type Situation,
} from './situation.ts';
import { durationMs } from '../api/duration.ts';
import { canSplit } from './weights.ts';

export interface Rule {
  readonly name: string;
  /** A move when the rule speaks; undefined leaves the word to the next rule, at last to the phase. */
  readonly apply: (situation: Situation) => Move | undefined;
}

/**
 * The rules that hold across phases, in the order in which they are asked. What keeps traffic from
 * pods that must not have it comes before `suspend`: a frozen rollout harms nobody either.
 */
export const RULES: readonly Rule[] = [
  { name: 'deleted', apply: deleted },
  { name: 'revision changed', apply: revisionChanged },
  { name: 'canary lost its pods', apply: retreatFromLostPods },
  { name: 'primary lost its pods', apply: relieveLostPrimary },
  { name: 'suspended', apply: suspended },
  { name: 'order from a person', apply: obey },
  { name: 'webhook asks for a rollback', apply: brake },
  { name: 'guard convicts', apply: guardConvicts },
  { name: 'control plane away', apply: awaitControlPlane },
  { name: 'too many failed checks', apply: tooManyFailedChecks },
  { name: 'deadline passed', apply: lateness },
  { name: 'held too long', apply: heldTooLong },
];

function deleted(s: Situation): Move | undefined {
  const { canary, status } = s;
  if (canary.metadata.deletionTimestamp == null) return undefined;
  if (status.phase === 'Terminated') return STAY;
  const gone = s.seen.workload.target === undefined;
  if (gone || !canary.spec.revertOnDeletion || !wasAdopted(s)) return enter(s, 'Terminated');
  if (status.phase === 'Terminating') return undefined;
  return {
    ...enter(s, 'Terminating', 'target', { ending: undefined, hold: undefined }),
    verdict: 'ENDING: the Canary is deleted; the target comes back first',
  };
}

/** Before the routes were written, nothing of the user's had changed. */
function wasAdopted({ status }: Situation): boolean {
  return status.phase !== 'Initializing' || (status.stage ?? 'primary') !== 'primary';
}

/** Everything stays as it is, weights included, until `suspend` is taken back. */
function suspended(s: Situation): Move | undefined {
  const { phase, hold: held } = s.status;
  if (phase === 'Terminating' || phase === 'Terminated') return undefined;
  if (s.canary.spec.suspend) return hold(s, 'suspended', 'spec.suspend is set');
  if (held?.code !== 'suspended') return undefined;
  const heldMs = (s.status.heldMs ?? 0) + s.now - timeOf(held.since);
  return { change: { hold: undefined, heldMs }, verdict: 'PROGRESS: no longer suspended' };
}

/**
 * A new revision in mid-rollout. Before the copy the rollout starts over; after it the promotion
 * goes on without the canary, whose pods are no longer what was analysed.
 */
function revisionChanged(s: Situation): Move | undefined {
  if (!hasNewRevision(s)) return undefined;
  const { phase, stage, step } = s.status;
  if (phase === 'Progressing' || phase === 'WaitingPromotion') return supersede(s);
  if (phase !== 'Promoting') return undefined;
  if (stage === 'shift') return supersede(s);
  if (weightOf(s.status) === 0) return undefined;
  return {
    change: { step: { index: step?.index ?? 0, weight: 0 } },
    verdict: 'PROMOTE: a newer version came; the primary finishes with the analysed one',
  };
}

/** As in Flagger, in the analysis and while anything is waited for. */
function brake(s: Situation): Move | undefined {
  const { phase, stage } = s.status;
  const isAsked = BRAKED.has(phase) || (phase === 'Progressing' && stage === 'analyse');
  const puller = s.seen.gates.find((a) => a.type === 'rollback' && a.outcome === 'passed');
  if (!isAsked || puller === undefined) return undefined;
  return endWith(s, 'failed', `webhook ${puller.name} asked for a rollback`);
}

const BRAKED: ReadonlySet<Phase> = new Set(['Waiting', 'WaitingPromotion']);

/** `threshold` was lowered below what had already failed. */
function tooManyFailedChecks(s: Situation): Move | undefined {
  const { phase, failedChecks } = s.status;
  if (phase !== 'Progressing' || failedChecks < s.analysis.threshold) return undefined;
  return endWith(
    s,
    'failed',
    `${failedChecks} checks failed, threshold is ${s.analysis.threshold}`,
  );
}

function lateness(s: Situation): Move | undefined {
  if (!deadlinePassed(s)) return undefined;
  const { phase, stage } = s.status;
  if (phase === 'Progressing' && stage === 'scale-up') return canaryLate(s);
  if (phase === 'Promoting' && stage === 'copy') return primaryLate(s);
  return undefined;
}

function canaryLate(s: Situation): Move | undefined {
  const needed = replicasAhead(s.canary, s.status);
  const ready = Math.min(s.target.pods.ready, s.seen.services.canaryEndpoints);
  if (canaryServes(s, needed)) return undefined;
  const seconds = s.canary.spec.progressDeadlineSeconds;
  const trouble = s.target.pods.trouble === undefined ? '' : ` (${s.target.pods.trouble})`;
  return endWith(
    s,
    'failed',
    `${ready} of ${needed} canary pods were ready after ${seconds} s${trouble}`,
  );
}

/**
 * After the copy there is no abort: all traffic goes to the proven canary, if it can bear it.
 * Without a mesh it stays with those pods of the primary that are ready.
 */
function primaryLate(s: Situation): Move | undefined {
  const splits = canSplit(s.canary);
  if (splits && (!canaryServes(s, fullStrength(s.status)) || !routesCarried(s))) return undefined;
  const serving = splits ? 'the proven canary' : 'the ready pods of the primary';
  const seconds = s.canary.spec.progressDeadlineSeconds;
  const reason = `the primary was not ready ${seconds} s after it got the new version`;
  const { name } = s.canary.spec.targetRef;
  return telling(
    {
      ...enter(s, 'Finalising', 'reset', {
        ending: { outcome: 'primary-stuck', reason },
        step: { index: s.status.step?.index ?? 0, weight: splits ? 100 : 0 },
      }),
      verdict: `STUCK: ${reason}; all traffic goes to ${serving}`,
    },
    'stuck',
    'error',
    `${name}: ${reason}; all traffic goes to ${serving} until someone retries`,
  );
}

/** No evidence for `maxHold`: a person has to look. A pause never advances by itself. */
function heldTooLong(s: Situation): Move | undefined {
  const held = s.status.hold;
  if (held?.code !== 'evidence') return undefined;
  if (s.now - timeOf(held.since) < durationMs(s.analysis.maxHold)) return undefined;
  const reason = `no verdict for ${s.analysis.maxHold}: ${held.reason}`;
  const { name } = s.canary.spec.targetRef;
  return telling(
    {
      change: { hold: { code: 'paused', reason, since: timeText(s.now) } },
      verdict: `PAUSED: ${reason}`,
    },
    'stuck',
    'warn',
    `${name}: paused at weight ${weightOf(s.status)}, ${reason}; resume, promote or abort it`,
  );
}
