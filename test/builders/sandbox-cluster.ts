import { Cluster } from '../../src/sandbox/apiserver/cluster.ts';
import type { ClusterState } from '../../src/sandbox/apiserver/cluster-state.ts';
import { InProcessState } from '../../src/sandbox/apiserver/in-process-state.ts';
import { defineIstioKinds } from '../../src/sandbox/istio-definitions.ts';
import { NAMESPACES } from '../../src/sandbox/workloads/resources.ts';

export interface TestCluster {
  state: ClusterState;
  stop(): void;
}

/** The sandbox's API server without HTTP, with Istio's kinds and the namespace `shop`. */
export function sandboxCluster(): TestCluster {
  const cluster = new Cluster();
  const state = new InProcessState(cluster, 'test');
  defineIstioKinds(state);
  const labels = { 'istio-injection': 'enabled' };
  state.create(NAMESPACES, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels },
  });
  return { state, stop: () => cluster.stop() };
}
