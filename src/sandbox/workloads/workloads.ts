import type { ClusterState } from '../apiserver/cluster-state.ts';
import { startDeployments } from './deployments.ts';
import { startEndpointSlices } from './endpoint-slices.ts';
import type { ReportError } from './keyed-reconciler.ts';
import { startKubelet } from './kubelet.ts';
import { startReplicaSets } from './replica-sets.ts';

export interface WorkloadOptions {
  /** Told when a controller could not do its work; it tries again by itself. */
  readonly report: ReportError;
  /** Milliseconds from a change of a pod or Service to its endpoints. Default 100. */
  readonly endpointDelayMs?: number;
  /** How long a deleted pod goes on serving, in milliseconds. Default 300. */
  readonly terminationMs?: number;
}

/**
 * Plays the part of Kubernetes that makes workloads run: the controllers of Deployments,
 * ReplicaSets and EndpointSlices, scheduler and kubelet. Returns the function that ends them.
 */
export function startWorkloads(cluster: ClusterState, options: WorkloadOptions): () => void {
  const { report, endpointDelayMs, terminationMs } = options;
  const endings = [
    startDeployments(cluster, report),
    startReplicaSets(cluster, report),
    startKubelet(cluster, { report, ...(terminationMs === undefined ? {} : { terminationMs }) }),
    startEndpointSlices(cluster, {
      report,
      ...(endpointDelayMs === undefined ? {} : { delayMs: endpointDelayMs }),
    }),
  ];
  return () => {
    for (const end of endings) end();
  };
}
