import { afterAll } from 'vitest';
import { reachApiServer } from '../conformance/api/api-server.ts';
import { describeApi } from '../conformance/api.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
const { url, caFile, adminToken: token } = cluster;
// The server fills its watch caches when it starts, long after etcd's first revision.
const server = reachApiServer({ url, caFile, token, revisionTooOld: () => '1' });
afterAll(async () => {
  await server.close();
  await cluster.close();
});

describeApi(() => server);
