import { deploymentConditions, type StatusInput } from './deployment-conditions.ts';
import type { DeploymentStatus, ReplicaSet } from './resources.ts';

/** What the deployment controller of Kubernetes reports: counters and conditions. */
export function deploymentStatus(input: StatusInput): DeploymentStatus {
  const { deployment, current, all } = input;
  const available = sum(all, (set) => set.status?.availableReplicas);
  const asked = sum(all, (set) => set.spec.replicas ?? 1);
  const counters: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...unlessZero(
      'replicas',
      sum(all, (set) => set.status?.replicas),
    ),
    ...unlessZero('updatedReplicas', current?.status?.replicas ?? 0),
    ...unlessZero(
      'readyReplicas',
      sum(all, (set) => set.status?.readyReplicas),
    ),
    ...unlessZero('availableReplicas', available),
    ...unlessZero('unavailableReplicas', Math.max(0, asked - available)),
    ...unlessZero('collisionCount', deployment.status?.collisionCount ?? 0),
  };
  return { ...counters, conditions: deploymentConditions(input, counters) };
}

function sum(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  return sets.reduce((total, set) => total + (count(set) ?? 0), 0);
}

/** The API leaves counters out that are zero. */
function unlessZero(name: keyof DeploymentStatus, count: number): DeploymentStatus {
  return count === 0 ? {} : { [name]: count };
}
