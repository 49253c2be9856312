import type { ClusterState } from '../apiserver/cluster-state.ts';
import type { Behaviour } from './behaviour.ts';
import { startDeployments } from './deployments.ts';
import { startEndpointSlices } from './endpoint-slices.ts';
import type { ReportError } from './keyed-reconciler.ts';
import { startKubelet } from './kubelet.ts';
import { startReplicaSets } from './replica-sets.ts';
import type { Pod } from './resources.ts';

export interface WorkloadOptions {
  /** Told when a controller could not do its work; it tries again by itself. */
  readonly report: ReportError;
  /** Milliseconds from a change of a pod or Service to its endpoints. Default 100. */
  readonly endpointDelayMs?: number;
  /** How long a deleted pod goes on serving, in milliseconds. Default 300. */
  readonly terminationMs?: number;
}

export interface Workloads {
  /** How a pod behaves since its containers started; undefined for one that has not. */
  behaviourOf(pod: Pod): Behaviour | undefined;
  stop(): void;
}

/**
 * Plays the part of Kubernetes that makes workloads run: the controllers of Deployments,
 * ReplicaSets and EndpointSlices, scheduler and kubelet.
 */
export function startWorkloads(cluster: ClusterState, options: WorkloadOptions): Workloads {
  const { report, endpointDelayMs, terminationMs } = options;
  const kubelet = startKubelet(cluster, {
    report,
    ...(terminationMs === undefined ? {} : { terminationMs }),
  });
  const endings = [
    startDeployments(cluster, report),
    startReplicaSets(cluster, report),
    startEndpointSlices(cluster, {
      report,
      ...(endpointDelayMs === undefined ? {} : { delayMs: endpointDelayMs }),
    }),
    () => kubelet.stop(),
  ];
  return {
    behaviourOf: (pod) => kubelet.behaviourOf(pod),
    stop: () => {
      for (const end of endings) end();
    },
  };
}
