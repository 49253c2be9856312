import { inject } from 'vitest';
import { connectCluster } from './cluster.ts';
import type { Cluster, ClusterFacts } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterFacts;
  }
}

/** The cluster of this test run. */
export function providedCluster(): Cluster {
  return connectCluster(inject('cluster'));
}
