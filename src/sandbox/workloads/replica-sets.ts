import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ClusterState, KubeObjectInput } from '../apiserver/cluster-state.ts';
import { claim, claimants } from './claiming.ts';
import { KeyedReconciler, type ReportError } from './keyed-reconciler.ts';
import { matchesLabels } from './label-selector.ts';
import { controllerReference, keyOf, splitKey } from './object-key.ts';
import { availableIn, isActive, isReady } from './pod-conditions.ts';
import {
  PODS,
  REPLICA_SETS,
  type Pod,
  type ReplicaSet,
  type ReplicaSetStatus,
} from './resources.ts';
import { withSidecar } from './sidecar.ts';

/** Plays the ReplicaSet controller. Returns the function that ends it. */
export function startReplicaSets(cluster: ClusterState, report: ReportError): () => void {
  const queue = new KeyedReconciler((key) => reconcile(cluster, key), report);
  const endings = [
    cluster.subscribe(REPLICA_SETS, ({ object }) => queue.enqueue(keyOf(object))),
    cluster.subscribe(PODS, ({ object }) => {
      const owners = { kind: 'ReplicaSet', resource: REPLICA_SETS };
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
  const set = cluster.get(REPLICA_SETS, namespace, name) as ReplicaSet | undefined;
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
  const pods = podsOf(cluster, set);
  const missing = (set.spec.replicas ?? 1) - pods.length;
  for (let count = 0; count < missing; count += 1) cluster.create(PODS, podFor(cluster, set));
  for (const pod of surplus(pods, -missing)) {
    cluster.delete(PODS, pod.metadata.namespace, pod.metadata.name);
  }
  return reportStatus(cluster, set, podsOf(cluster, set));
}

function podsOf(cluster: ClusterState, set: ReplicaSet): Pod[] {
  const claimed = claim(cluster, set, PODS) as Pod[];
  return claimed.filter(isActive);
}

function podFor(cluster: ClusterState, set: ReplicaSet): KubeObjectInput {
  const { template } = set.spec;
  const { name, namespace = '' } = set.metadata;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template.metadata,
      name: `${name}-${randomName()}`,
      generateName: `${name}-`,
      namespace,
      ownerReferences: [controllerReference(set)],
    },
    spec: template.spec,
  };
  return withSidecar(cluster, pod);
}

/** Five letters, as Kubernetes picks them. */
function randomName(): string {
  return [...randomBytes(5)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** Those to delete first: not ready before ready, then the youngest. */
function surplus(pods: readonly Pod[], count: number): Pod[] {
  const rank = (pod: Pod) => (isReady(pod) ? 1 : 0);
  const age = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp);
  const ordered = [...pods].sort((a, b) => rank(a) - rank(b) || age(b) - age(a));
  return ordered.slice(0, Math.max(0, count));
}

/** Answers when the next pod becomes available. */
function reportStatus(cluster: ClusterState, set: ReplicaSet, pods: readonly Pod[]) {
  const minimum = (set.spec.minReadySeconds ?? 0) * 1000;
  const now = Date.now();
  const waits = pods.map((pod) => availableIn(pod, minimum, now)).filter((ms) => ms !== undefined);
  const available = waits.filter((ms) => ms === 0).length;
  const labels = set.spec.template.metadata?.labels ?? {};
  const labelled = pods.filter((pod) => matchesLabels(labels, pod.metadata.labels)).length;
  const ready = pods.filter(isReady).length;
  const status: ReplicaSetStatus = {
    observedGeneration: set.metadata.generation ?? 1,
    replicas: pods.length,
    ...(labelled === 0 ? {} : { fullyLabeledReplicas: labelled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
  };
  const current = cluster.get(REPLICA_SETS, set.metadata.namespace, set.metadata.name);
  if (current !== undefined && !isDeepStrictEqual(current.status, status)) {
    cluster.replaceStatus(REPLICA_SETS, { ...current, status });
  }
  const waiting = waits.filter((ms) => ms > 0);
  return waiting.length === 0 ? undefined : Math.min(...waiting);
}
