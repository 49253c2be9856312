import {
  apiTime,
  type Condition,
  type Deployment,
  type DeploymentStatus,
  type ReplicaSet,
} from './resources.ts';
import { rollingBounds } from './rolling-update.ts';

/** What the status of a Deployment is made from. */
export interface StatusInput {
  readonly deployment: Deployment;
  readonly current: ReplicaSet | undefined;
  /** All of its ReplicaSets, the current one included. */
  readonly all: readonly ReplicaSet[];
  /** Whether the current one was created just now. */
  readonly isNew: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The conditions `Available` and `Progressing`, given those of before and the new counters. */
export function deploymentConditions(input: StatusInput, counters: DeploymentStatus): Condition[] {
  const before = input.deployment.status?.conditions ?? [];
  const found = [availability(input.deployment, counters), progress(input, counters)];
  return found
    .filter((finding) => finding !== undefined)
    .reduce((conditions, finding) => withFinding(conditions, finding, input.now), before);
}

/** Milliseconds until the progress deadline passes; undefined when none is running. */
export function progressDeadlineIn(deployment: Deployment, now: number): number | undefined {
  const before = progressCondition(deployment);
  if (before === undefined || SETTLED.includes(before.reason ?? '')) return undefined;
  return Math.max(0, deadlineOf(deployment, before) - now);
}

const COMPLETE = 'NewReplicaSetAvailable';
const TIMED_OUT = 'ProgressDeadlineExceeded';
const PAUSED = 'DeploymentPaused';
const SETTLED = [COMPLETE, TIMED_OUT, PAUSED];
const DEFAULT_DEADLINE_SECONDS = 600;

interface Finding {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** The clock of the deadline starts again, although the words may stay. */
  readonly renews?: boolean;
}

function availability({ spec }: Deployment, { availableReplicas = 0 }: DeploymentStatus): Finding {
  const { replicas = 1, strategy = {} } = spec;
  const bound = strategy.type === 'Recreate' ? 0 : rollingBounds(replicas, strategy).unavailable;
  const isAvailable = availableReplicas >= replicas - bound;
  return {
    type: 'Available',
    status: isAvailable ? 'True' : 'False',
    reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: `Deployment ${isAvailable ? 'has' : 'does not have'} minimum availability.`,
  };
}

/** Undefined: as before. */
function progress(input: StatusInput, counters: DeploymentStatus): Finding | undefined {
  const { deployment, current, isNew, now } = input;
  const before = progressCondition(deployment);
  if (deployment.spec.paused === true) {
    return progressing('Unknown', PAUSED, 'Deployment is paused');
  }
  if (before?.reason === PAUSED) {
    return progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed');
  }
  const name = current?.metadata.name;
  if (isNew) {
    return progressing('True', 'NewReplicaSetCreated', `Created new replica set "${name}"`);
  }
  // Pods of a finished rollout that come and go are no rollout.
  if (before?.reason === COMPLETE && counters.replicas === counters.updatedReplicas) return;
  const subject = name === undefined ? 'Deployment' : `ReplicaSet "${name}"`;
  if (isComplete(deployment, counters)) {
    return progressing('True', COMPLETE, `${subject} has successfully progressed.`);
  }
  if (hasMoved(deployment.status ?? {}, counters)) {
    const moving = progressing('True', 'ReplicaSetUpdated', `${subject} is progressing.`);
    return { ...moving, renews: true };
  }
  if (before !== undefined && deadlineOf(deployment, before) <= now) {
    return progressing('False', TIMED_OUT, `${subject} has timed out progressing.`);
  }
  return undefined;
}

function progressing(status: string, reason: string, message: string): Finding {
  return { type: 'Progressing', status, reason, message };
}

function progressCondition(deployment: Deployment): Condition | undefined {
  return deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
}

function isComplete({ spec }: Deployment, counters: DeploymentStatus): boolean {
  const { replicas = 1 } = spec;
  const { updatedReplicas = 0, replicas: pods = 0, availableReplicas = 0 } = counters;
  return updatedReplicas === replicas && pods === replicas && availableReplicas === replicas;
}

/** More pods of the new template, fewer of the old, or more that work. */
function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  const grew = (name: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') =>
    (after[name] ?? 0) > (before[name] ?? 0);
  return (
    old(after) < old(before) ||
    grew('updatedReplicas') ||
    grew('readyReplicas') ||
    grew('availableReplicas')
  );
}

/** Milliseconds since 1970. */
function deadlineOf({ spec }: Deployment, { lastUpdateTime }: Condition): number {
  const seconds = spec.progressDeadlineSeconds ?? DEFAULT_DEADLINE_SECONDS;
  return Date.parse(lastUpdateTime ?? '') + seconds * 1000;
}

function withFinding(conditions: readonly Condition[], finding: Finding, now: number): Condition[] {
  const { renews = false, ...said } = finding;
  const before = conditions.find(({ type }) => type === said.type);
  const isSame = before?.status === said.status && before.reason === said.reason;
  if (before !== undefined && isSame && !renews) return [...conditions];
  const time = apiTime(now);
  const lastTransitionTime = before?.status === said.status ? before.lastTransitionTime : time;
  const next = { ...said, lastUpdateTime: time, lastTransitionTime: lastTransitionTime ?? time };
  return [...conditions.filter(({ type }) => type !== said.type), next];
}
