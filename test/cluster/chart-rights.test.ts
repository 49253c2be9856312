import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WATCHED } from '../../src/watch/watches.ts';
import { type ChartAccount, installChartRights, renderChart } from './kube/chart.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
afterAll(() => cluster.close());

describe.each([undefined, 'default'])('the rights in %s', (watched) => {
  let account: ChartAccount;
  beforeAll(async () => {
    account = await installChartRights(cluster, watched);
  });
  afterAll(() => account.remove());

  test('are those of what is watched, and of the first question to the cluster', async () => {
    const asked = [
      ...WATCHED.flatMap(({ kind: { resource, group } }) =>
        ['list', 'watch'].map((verb) => ({ verb, group, resource, namespace: watched ?? '' })),
      ),
      { verb: 'get', group: '', resource: 'namespaces', name: 'kube-system' },
    ];
    const answers = await Promise.all(asked.map((request) => isAllowed(account, request)));
    expect(asked.filter((_, i) => answers[i] !== true)).toEqual([]);
  });

  test.each([
    { verb: 'delete', group: 'apps', resource: 'deployments', namespace: 'default' },
    { verb: 'update', group: 'linnet.dev', resource: 'canaries', namespace: 'default' },
    { verb: 'create', group: '', resource: 'pods', namespace: 'default' },
    { verb: 'get', group: '', resource: 'nodes' },
    { verb: 'impersonate', group: '', resource: 'users' },
    { verb: 'escalate', group: 'rbac.authorization.k8s.io', resource: 'roles' },
  ])('are not to $verb $resource', async (request) => {
    expect(await isAllowed(account, request)).toBe(false);
  });

  test('reach what lies in other namespaces only if all are watched', async () => {
    const secrets = { verb: 'list', group: '', resource: 'secrets', namespace: 'kube-system' };
    expect(await isAllowed(account, secrets)).toBe(watched === undefined);
  });
});

test('without ClusterRoles all rights end at the namespace', async () => {
  const account = await installChartRights(cluster, 'default', ['rbac.clusterRoles=false']);
  const secrets = { verb: 'list', group: '', resource: 'secrets' };
  const system = { verb: 'get', group: '', resource: 'namespaces', name: 'kube-system' };
  const gateways = { verb: 'get', group: 'networking.istio.io', resource: 'gateways' };
  const asked = [
    { ...secrets, namespace: 'default' },
    { ...system, namespace: 'default', name: 'default' },
    { ...gateways, namespace: 'default' },
    { ...secrets, namespace: '' },
    { ...secrets, namespace: 'kube-system' },
    { ...gateways, namespace: 'istio-system' },
    system,
  ];
  const answers = await Promise.all(asked.map((request) => isAllowed(account, request)));
  await account.remove();
  expect(answers).toEqual([true, true, true, false, false, false, false]);
});

test('the rules have a reason each, and no wildcard', async () => {
  const { manifests } = await renderChart(cluster, {
    name: 'it',
    namespace: 'it',
    only: ['rbac.yaml'],
  });
  const lines = manifests.split('\n').map((line) => line.trim());
  const bare = lines.filter(
    (line, i) => line.startsWith('- apiGroups') && !lines[i - 1]?.startsWith('#'),
  );
  expect(lines.filter((line) => line.startsWith('- apiGroups')).length).toBeGreaterThan(10);
  expect(bare).toEqual([]);
  expect(manifests).not.toMatch(/\[.*\*.*\]|- ['"]?\*/);
});

interface Request {
  verb: string;
  group: string;
  resource: string;
  namespace?: string;
  name?: string;
}

async function isAllowed(account: ChartAccount, resourceAttributes: Request): Promise<boolean> {
  const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
  const { status } = await cluster.api.create<{ status: { allowed: boolean } }>(path, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${account.namespace}:${account.name}`,
      resourceAttributes,
    },
  });
  return status.allowed;
}
