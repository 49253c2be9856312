import { afterAll } from 'vitest';
import { describeClusterAdapter } from '../conformance/cluster-adapter.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
afterAll(() => cluster.close());

describeClusterAdapter(async () => ({
  kubeconfig: cluster.kubeconfigPath,
  newNamespace: (label) => cluster.newNamespace(label),
}));
