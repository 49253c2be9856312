import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { deployment, list, pod, service, virtualService } from './kube/manifests.ts';
import { FATE } from './kube/pod-fate.ts';
import { providedCluster } from './kube/provided-cluster.ts';
import { until, untilGone, untilList } from './kube/waiting.ts';

const cluster = providedCluster();
afterAll(() => cluster.close());

test('a Deployment becomes available and its Service gets the endpoints of its pods', async () => {
  const namespace = await cluster.newNamespace('serve');
  const applied = await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], {
    stdin: JSON.stringify(list(deployment('web', 3), service('web'))),
  });
  expect(applied).toMatchObject({ code: 0, stderr: '' });

  const available = ['--for=condition=Available', 'deployment/web', '--timeout=60s'];
  const waited = await cluster.kubectl(['wait', '-n', namespace, ...available]);
  expect(waited).toMatchObject({ code: 0, stdout: 'deployment.apps/web condition met\n' });

  const slices = await untilList<EndpointSlice>(
    cluster.api,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    (slices) => readyAddresses(slices).length === 3,
  );
  for (const address of readyAddresses(slices)) expect(address).toMatch(/^10\.244\./);
  expect(slices[0]?.ports).toEqual([{ name: 'http', port: 8080, protocol: 'TCP' }]);
});

test("the API server's log says who asked for what", async () => {
  const namespace = await cluster.newNamespace('audit');
  await cluster.kubectl(['create', 'deployment', 'web', '--image=web:1', '-n', namespace]);

  const entry = await cluster.audit.until(
    (entry) =>
      entry.namespace === namespace && entry.resource === 'deployments' && entry.verb === 'create',
  );
  expect(entry).toMatchObject({
    stage: 'ResponseComplete',
    user: 'test:admin',
    apiGroup: 'apps',
    name: 'web',
    code: 201,
    requestObject: { kind: 'Deployment', metadata: { name: 'web' } },
    responseObject: { metadata: { namespace, generation: 1 } },
  });
  expect(entry.userAgent).toMatch(/^kubectl\/v1\.34\.4 /);
  expect(Date.parse(entry.requestReceivedTimestamp)).not.toBeNaN();
});

test("a VirtualService of Istio's own definition keeps its weights and refuses what is no number", async () => {
  const namespace = await cluster.newNamespace('mesh');
  const path = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`;
  const created = await cluster.api.create(path, virtualService([80, 20]));
  const read = await cluster.api.get(`${path}/web`);
  expect(read).toEqual(created);
  expect(read['spec']).toEqual(virtualService([80, 20]).spec);

  const refused = await cluster.api.request('PUT', `${path}/web`, {
    ...virtualService([80, 'the rest']),
    metadata: read.metadata,
  });
  expect(refused).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
});

test('definitions of the Gateway API and KEDA are served', async () => {
  const kinds = await cluster.kubectl(['api-resources', '-o', 'name']);
  expect(kinds.stdout.split('\n')).toEqual(
    expect.arrayContaining([
      'httproutes.gateway.networking.k8s.io',
      'scaledobjects.keda.sh',
      'virtualservices.networking.istio.io',
      'destinationrules.networking.istio.io',
    ]),
  );
});

test('a ServiceAccount may do what its role says and nothing else', async () => {
  const namespace = await cluster.newNamespace('rights');
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await cluster.api.create(accounts, { metadata: { name: 'reader' } });
  const kubeconfig = await cluster.serviceAccountKubeconfig(namespace, 'reader');

  const refused = await cluster.kubectl(['get', 'services', '-n', namespace], { kubeconfig });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(
    `User "system:serviceaccount:${namespace}:reader" cannot list resource "services"`,
  );
  const entry = await cluster.audit.until(
    (entry) => entry.user === `system:serviceaccount:${namespace}:reader` && entry.code === 403,
  );
  expect(entry).toMatchObject({ verb: 'list', resource: 'services', namespace });

  const rights = ['--clusterrole=view', `--serviceaccount=${namespace}:reader`];
  await cluster.kubectl(['create', 'rolebinding', 'reader', ...rights, '-n', namespace]);
  const allowed = await cluster.kubectl(['get', 'services', '-n', namespace], { kubeconfig });
  expect(allowed).toMatchObject({ code: 0 });
});

test.each([
  {
    name: 'is never ready',
    fate: { [FATE.neverReady]: 'true' },
    shown: { phase: 'Running', reason: undefined },
  },
  {
    name: 'waits in CrashLoopBackOff',
    fate: { [FATE.waitingReason]: 'CrashLoopBackOff' },
    shown: { phase: 'Running', reason: 'CrashLoopBackOff' },
  },
  {
    name: 'waits in ImagePullBackOff',
    fate: { [FATE.waitingReason]: 'ImagePullBackOff' },
    shown: { phase: 'Pending', reason: 'ImagePullBackOff' },
  },
])('a pod that $name is not ready until that changes', async ({ fate, shown }) => {
  const namespace = await cluster.newNamespace('fate');
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  await cluster.api.create(pods, pod('web', fate));
  const sick = await until<PodWithStatus>(
    cluster.api,
    `${pods}/web`,
    ({ status }) => status.containerStatuses !== undefined,
  );
  expect(sick.status.phase).toBe(shown.phase);
  expect(sick.status.containerStatuses?.[0]?.state.waiting?.reason).toBe(shown.reason);
  expect(isReady(sick)).toBe(false);

  const annotations = Object.fromEntries(Object.keys(fate).map((key) => [key, null]));
  await cluster.api.patch(`${pods}/web`, { metadata: { annotations } });
  await until<PodWithStatus>(cluster.api, `${pods}/web`, isReady);
});

test('a pod can be ready late and end late', async () => {
  const namespace = await cluster.newNamespace('late');
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const path = `${pods}/web`;
  await cluster.api.create(
    pods,
    pod('web', { [FATE.readyAfterMs]: '300', [FATE.endsAfterMs]: '300' }),
  );
  const running = await until<PodWithStatus>(
    cluster.api,
    path,
    ({ status }) => status.phase === 'Running',
  );
  expect(isReady(running)).toBe(false);
  await until<PodWithStatus>(cluster.api, path, isReady);

  await cluster.api.delete(path);
  const ending = await cluster.api.get(path);
  expect(ending.metadata.deletionTimestamp).toBeDefined();
  await untilGone(cluster.api, path);
});

test('what an object owns is deleted with it, and a namespace with all it holds', async () => {
  const namespace = await cluster.newNamespace('garbage');
  const routes = `/apis/networking.istio.io/v1/namespaces/${namespace}/virtualservices`;
  const owner = await cluster.api.create(routes, virtualService([100, 0]));
  const services = `/api/v1/namespaces/${namespace}/services`;
  const { apiVersion, kind, metadata } = owner;
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
  const owned = service('web');
  await cluster.api.create(services, {
    ...owned,
    metadata: { ...owned.metadata, ownerReferences: [reference] },
  });
  await cluster.api.delete(`${routes}/web`);
  await untilGone(cluster.api, `${services}/web`);

  await cluster.api.create(
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    deployment('web', 2),
  );
  await cluster.api.delete(`/api/v1/namespaces/${namespace}`);
  await untilGone(cluster.api, `/api/v1/namespaces/${namespace}`);
  expect(await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`)).toEqual([]);
});

test('two hundred pods of one Deployment run and go', async () => {
  const namespace = await cluster.newNamespace('many');
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  await cluster.api.create(deployments, deployment('web', 200));
  await until<DeploymentWithStatus>(
    cluster.api,
    `${deployments}/web`,
    ({ status }) => status?.availableReplicas === 200,
  );
  const pods = await cluster.api.list<PodWithStatus>(`/api/v1/namespaces/${namespace}/pods`);
  expect(new Set(pods.map(({ status }) => status.podIP)).size).toBe(200);

  await cluster.api.patch(`${deployments}/web`, { spec: { replicas: 0 } });
  await untilList(cluster.api, `/api/v1/namespaces/${namespace}/pods`, (pods) => pods.length === 0);
});

test('helm knows the version of the cluster it renders for', async () => {
  const { stdout } = await cluster.helm(['version', '--short']);
  expect(stdout).toMatch(/^v3\./);
});

test("the administrator's kubeconfig is nobody else's to read", () => {
  expect(readFileSync(cluster.kubeconfigPath, 'utf8')).toContain(cluster.url);
});

interface EndpointSlice extends KubeObject {
  ports: { name: string; port: number; protocol: string }[];
  endpoints: { addresses: string[]; conditions: { ready?: boolean } }[] | null;
}

interface PodWithStatus extends KubeObject {
  status: {
    phase: string;
    podIP?: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { state: { waiting?: { reason: string } } }[];
  };
}

interface DeploymentWithStatus extends KubeObject {
  status?: { availableReplicas?: number };
}

function readyAddresses(slices: EndpointSlice[]): string[] {
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions.ready)
    .flatMap(({ addresses }) => addresses);
}

function isReady({ status }: PodWithStatus): boolean {
  return (status.conditions ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
}
