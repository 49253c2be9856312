import type { Canary } from '../api/canary.ts';
import type { CanaryStatus, Condition, Phase } from '../api/status.ts';
import type { Problem } from '../ports/workload.ts';
import type { Finding, Observation } from './observation.ts';
import { timeText } from './situation.ts';

/**
 * The conditions of a plan: kstatus' three (Reconciling while any stage is open, Stalled when it
 * failed or the input is wrong, never both, Ready in neither), Flagger's `Promoted`, one for each
 * finding of preflight, and one for each way in which alerts cannot be sent.
 */
export function conditionsOf(
  canary: Canary,
  status: CanaryStatus,
  seen: Observation,
  now: number,
): Condition[] {
  const problems = problemsOf(seen);
  const wanted = [
    ...readiness(status, problems),
    promoted(status),
    ...(seen.findings === undefined ? before(status, PREFLIGHT) : seen.findings.map(finding)),
    ...(seen.alerts === undefined ? before(status, ALERT) : unsendable(seen.alerts)),
  ];
  return wanted.map((condition) => dated(condition, status, canary.metadata.generation, now));
}

/** Everything that stands in the way and that only a person can change. */
export function problemsOf(seen: Observation): readonly Problem[] {
  return [
    ...seen.workload.problems,
    ...seen.services.problems,
    ...seen.routes.problems,
    ...seen.refusals,
  ];
}

type Bare = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function readiness(status: CanaryStatus, problems: readonly Problem[]): Bare[] {
  const message = (status.verdict ?? '').slice(0, 1024);
  const [problem] = problems;
  if (problem !== undefined) {
    const all = problems.map((p) => p.message).join('; ');
    return standing('Stalled', problem.reason, all.slice(0, 2048));
  }
  if (status.phase === 'Failed') return standing('Stalled', 'RolledBack', message);
  if (SETTLED.has(status.phase)) return standing('Ready', status.phase, message);
  return standing('Reconciling', status.hold === undefined ? status.phase : 'Holding', message);
}

const SETTLED: ReadonlySet<Phase> = new Set(['Initialized', 'Succeeded', 'Terminated']);

/** Exactly one of the three is true. */
function standing(
  which: 'Ready' | 'Reconciling' | 'Stalled',
  reason: string,
  message: string,
): Bare[] {
  return (['Ready', 'Reconciling', 'Stalled'] as const).map((type) => ({
    type,
    status: type === which ? 'True' : 'False',
    reason,
    message: type === which || type === 'Ready' ? message : '',
  }));
}

/** Flagger's condition, for `kubectl wait --for=condition=Promoted`. */
function promoted({ phase, ending }: CanaryStatus): Bare {
  const message = ending?.reason ?? '';
  const bare = { type: 'Promoted', reason: phase, message };
  if (phase === 'Succeeded' || phase === 'Initialized') return { ...bare, status: 'True' };
  return { ...bare, status: phase === 'Failed' ? 'False' : 'Unknown' };
}

function finding({ reason, severity, message }: Finding): Bare {
  return {
    type: `${PREFLIGHT}${reason}`,
    status: 'True',
    reason: severity === 'error' ? 'CannotWork' : severity === 'warning' ? 'MayNotWork' : 'Note',
    message,
  };
}

const PREFLIGHT = 'Preflight';

/** A warning: nobody is told, and no rollout waits for it. */
function unsendable(alerts: readonly Problem[]): Bare[] {
  const reasons = [...new Set(alerts.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const sentences = alerts.filter((one) => one.reason === reason).map(({ message }) => message);
    const message = sentences.join('; ').slice(0, 2048);
    return { type: `${ALERT}${reason}`, status: 'True', reason, message };
  });
}

const ALERT = 'Alert';

/** Nobody looked this time: what was found before still stands. */
function before(status: CanaryStatus, prefix: string): Bare[] {
  return status.conditions
    .filter(({ type }) => type.startsWith(prefix))
    .map(({ type, status, reason, message }) => ({ type, status, reason, message }));
}

/** Times move only when what they date does. */
function dated(bare: Bare, before: CanaryStatus, generation: number, now: number): Condition {
  const old = before.conditions.find(({ type }) => type === bare.type);
  const at = timeText(now);
  const same = old?.status === bare.status;
  const unchanged = same && old.reason === bare.reason && old.message === bare.message;
  return {
    ...bare,
    observedGeneration: generation,
    lastUpdateTime: unchanged ? (old.lastUpdateTime ?? at) : at,
    lastTransitionTime: same ? (old.lastTransitionTime ?? at) : at,
  };
}
