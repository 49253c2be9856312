import { isDeepStrictEqual } from 'node:util';
import type { ClusterState } from '../apiserver/cluster-state.ts';
import { claim, claimants } from './claiming.ts';
import { progressDeadlineIn } from './deployment-conditions.ts';
import { deploymentStatus } from './deployment-status.ts';
import { KeyedReconciler, type ReportError } from './keyed-reconciler.ts';
import { keyOf, splitKey } from './object-key.ts';
import {
  hasTemplateOf,
  isSurplusHistory,
  replicaSetFor,
  revisionOf,
  withBookkeeping,
  REVISION,
} from './replica-set-template.ts';
import { DEPLOYMENTS, REPLICA_SETS, type Deployment, type ReplicaSet } from './resources.ts';
import { nextSizes } from './rolling-update.ts';

/** Plays the deployment controller. Returns the function that ends it. */
export function startDeployments(cluster: ClusterState, report: ReportError): () => void {
  const queue = new KeyedReconciler((key) => reconcile(cluster, key), report);
  const endings = [
    cluster.subscribe(DEPLOYMENTS, ({ object }) => queue.enqueue(keyOf(object))),
    cluster.subscribe(REPLICA_SETS, ({ object }) => {
      const owners = { kind: 'Deployment', resource: DEPLOYMENTS };
      for (const key of claimants(cluster, object, owners)) queue.enqueue(key);
    }),
  ];
  return () => {
    for (const end of endings) end();
    queue.stop();
  };
}

function reconcile(cluster: ClusterState, key: string): number | undefined {
  const { namespace, name } = splitKey(key);
  const deployment = cluster.get(DEPLOYMENTS, namespace, name) as Deployment | undefined;
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
  const before = setsOf(cluster, deployment);
  const known = before.find((set) => hasTemplateOf(set, deployment));
  if (deployment.spec.paused === true) scaleActive(cluster, deployment, before);
  else roll(cluster, deployment, known, before);

  const all = setsOf(cluster, deployment);
  const current = all.find((set) => hasTemplateOf(set, deployment));
  dropHistory(cluster, deployment, current, all);
  const isNew = known === undefined && current !== undefined;
  return reportStatus(cluster, deployment, { current, all, isNew });
}

/** Oldest revision first. */
function setsOf(cluster: ClusterState, deployment: Deployment): ReplicaSet[] {
  const claimed = claim(cluster, deployment, REPLICA_SETS) as ReplicaSet[];
  return claimed.sort((a, b) => revisionOf(a) - revisionOf(b));
}

function roll(
  cluster: ClusterState,
  deployment: Deployment,
  current: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): void {
  const old = all.filter((set) => set !== current);
  const { replicas = 1, strategy = {} } = deployment.spec;
  const sizes = { replicas, strategy, current: current && sizeOf(current), old: old.map(sizeOf) };
  const next = nextSizes(sizes);
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  if (current !== undefined) {
    const size = next.current ?? current.spec.replicas ?? 1;
    update(cluster, current, withBookkeeping(current, deployment, size, revision));
  } else if (next.current !== undefined) {
    create(cluster, deployment, next.current, revision);
  }
  for (const [index, set] of old.entries()) scale(cluster, set, next.old[index] ?? 0);
}

function sizeOf(set: ReplicaSet) {
  return {
    replicas: set.spec.replicas ?? 1,
    available: set.status?.availableReplicas ?? 0,
    pods: set.status?.replicas ?? 0,
  };
}

/** Another template may have taken the name: then the next name is tried. */
function create(cluster: ClusterState, deployment: Deployment, size: number, revision: number) {
  for (let collisions = deployment.status?.collisionCount ?? 0; ; collisions += 1) {
    const set = replicaSetFor(deployment, size, revision, collisions);
    const { namespace, name } = set.metadata;
    if (cluster.get(REPLICA_SETS, namespace, name) !== undefined) continue;
    cluster.create(REPLICA_SETS, set);
    return;
  }
}

/** A paused deployment is scaled, and not rolled. */
function scaleActive(cluster: ClusterState, deployment: Deployment, all: readonly ReplicaSet[]) {
  const active = all.filter((set) => (set.spec.replicas ?? 1) > 0);
  const [only] = active.length === 0 ? all.slice(-1) : active;
  if (only !== undefined && active.length <= 1) {
    scale(cluster, only, deployment.spec.replicas ?? 1);
  }
}

function scale(cluster: ClusterState, set: ReplicaSet, replicas: number): void {
  update(cluster, set, { ...set, spec: { ...set.spec, replicas } });
}

function update(cluster: ClusterState, before: ReplicaSet, after: ReplicaSet): void {
  if (!isDeepStrictEqual(before, after)) cluster.replace(REPLICA_SETS, after);
}

function dropHistory(
  cluster: ClusterState,
  deployment: Deployment,
  current: ReplicaSet | undefined,
  all: readonly ReplicaSet[],
): void {
  const old = all.filter((set) => set !== current);
  const surplus = old.length - (deployment.spec.revisionHistoryLimit ?? 10);
  for (const set of old.slice(0, Math.max(0, surplus)).filter(isSurplusHistory)) {
    cluster.delete(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
  }
}

interface Outcome {
  readonly current: ReplicaSet | undefined;
  readonly all: readonly ReplicaSet[];
  readonly isNew: boolean;
}

/** Answers when the progress deadline will be due. */
function reportStatus(cluster: ClusterState, deployment: Deployment, outcome: Outcome) {
  const now = Date.now();
  const status = deploymentStatus({ deployment, ...outcome, now });
  const annotations = withRevision(deployment, outcome.current);
  const before = { annotations: deployment.metadata.annotations, status: deployment.status };
  if (!isDeepStrictEqual({ annotations, status }, before)) {
    // The status subresource lets annotations through, and they do not raise the generation there.
    const metadata = { ...deployment.metadata, ...(annotations && { annotations }) };
    cluster.replaceStatus(DEPLOYMENTS, { ...deployment, metadata, status });
  }
  return progressDeadlineIn({ ...deployment, status }, now);
}

function withRevision({ metadata }: Deployment, current: ReplicaSet | undefined) {
  const revision = current?.metadata.annotations?.[REVISION];
  return revision === undefined
    ? metadata.annotations
    : { ...metadata.annotations, [REVISION]: revision };
}
