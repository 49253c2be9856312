import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectionFrom } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { createApiClient, type LiveClient } from '../../src/adapters/kubernetes/client.ts';
import { KubernetesServices } from '../../src/adapters/kubernetes/services.ts';
import { DeploymentWorkload } from '../../src/adapters/kubernetes/workload.ts';
import type { Canary } from '../../src/api/canary.ts';
import { parseCanary } from '../../src/api/parse.ts';
import { FENCED, type CanaryStatus } from '../../src/api/status.ts';
import { isConflict, type ClusterReader, type KubeObject } from '../../src/ports/cluster.ts';
import type { Intent } from '../../src/ports/intent.ts';
import { anIntent, aStatus } from '../builders/workload-objects.ts';
import { list } from './kube/manifests.ts';
import { providedCluster } from './kube/provided-cluster.ts';
import { until, untilList } from './kube/waiting.ts';

const cluster = providedCluster();
const written: string[] = [];
let api: LiveClient;
let reader: ClusterReader;
let namespace: string;

beforeAll(async () => {
  api = createApiClient({
    connection: connectionFrom({ kubeconfig: cluster.kubeconfigPath }),
    version: 'test',
    onRequest: ({ method, resource, code }) => {
      if (method !== 'get' && method !== 'list') written.push(`${method} ${resource} ${code}`);
    },
  });
  reader = {
    get: (kind, within, name) => api.get(kind, within, name),
    list: async (kind, options) => (await api.list(kind, options)).items,
  };
  namespace = await cluster.newNamespace('workload');
});

afterAll(async () => {
  await api.close();
  await cluster.close();
});

/** As people write them: everything else is what the API server makes of it. */
function manifests(image: string) {
  const labels = { app: 'web' };
  return list(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { colour: 'blue' },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'app',
                image,
                ports: [{ name: 'web', containerPort: 8080 }],
                envFrom: [{ configMapRef: { name: 'settings' } }],
                readinessProbe: { httpGet: { path: '/', port: 'web' } },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: {
        type: 'NodePort',
        selector: labels,
        ports: [{ name: 'http', port: 80, targetPort: 'web' }],
      },
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 2,
        maxReplicas: 5,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    },
  );
}

const CANARY = {
  apiVersion: 'linnet.dev/v1beta1',
  kind: 'Canary',
  metadata: { name: 'web' },
  spec: {
    targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'web' },
    service: { port: 80, targetPort: 'web' },
    analysis: { interval: '10s', threshold: 2, stepWeight: 20, maxWeight: 60 },
  },
};

async function kubectl(...args: string[]): Promise<void> {
  expect(await cluster.kubectl([...args, '-n', namespace])).toMatchObject({ code: 0 });
}

async function apply(object: unknown): Promise<void> {
  const input = { stdin: JSON.stringify(object) };
  const outcome = await cluster.kubectl(['apply', '-n', namespace, '-f', '-'], input);
  expect(outcome).toMatchObject({ code: 0 });
}

function deployments(name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

async function readCanary(status?: CanaryStatus): Promise<Canary> {
  const path = `/apis/linnet.dev/v1beta1/namespaces/${namespace}/canaries/web`;
  const read = parseCanary({ ...(await cluster.api.get(path)), ...(status && { status }) });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.canary;
}

interface Adapters {
  workload: DeploymentWorkload;
  services: KubernetesServices;
}

function adapters(): Adapters {
  return { workload: new DeploymentWorkload(api), services: new KubernetesServices(api) };
}

/** Observes and writes until nobody else wrote in between, then observes again. */
async function carryOut({ workload, services }: Adapters, canary: Canary, intent: Intent) {
  const status = canary.status ?? aStatus();
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const seen = await workload.observe(canary, intent, reader);
    const seenServices = await services.observe(canary, intent, reader);
    try {
      await workload.applyPrimary(canary, status, intent, seen);
      await services.apply(canary, status, intent, seenServices);
      await workload.applyTarget(canary, status, intent, seen);
      break;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  return {
    seen: await workload.observe(canary, intent, reader),
    services: await services.observe(canary, intent, reader),
  };
}

function planAt(revision: string, fence: number): CanaryStatus {
  const fences = Object.fromEntries(FENCED.map((name) => [name, fence]));
  return aStatus({ revision, lastPromotedSpec: revision }, fences);
}

async function settled(name: string, replicas: number): Promise<KubeObject> {
  return until(cluster.api, deployments(name), ({ metadata, status }) => {
    const { observedGeneration, updatedReplicas, availableReplicas } = status as Record<
      string,
      number
    >;
    const counts = [updatedReplicas ?? 0, availableReplicas ?? 0];
    return (
      observedGeneration === metadata.generation && counts.every((count) => count === replicas)
    );
  });
}

/** Of the pods in EndpointSlices. */
function names(slices: KubeObject[]): string[] {
  const endpoints = slices.flatMap((slice) => (slice['endpoints'] ?? []) as Endpoint[]);
  return endpoints.map(({ targetRef }) => targetRef.name);
}

interface Endpoint {
  targetRef: { name: string };
}

test('a Deployment is adopted, promoted and given back, and what was written stays as written', async () => {
  await apply(manifests('web:1'));
  await apply(CANARY);
  await settled('web', 2);
  const linnet = adapters();
  const { workload } = linnet;

  const first = await workload.observe(await readCanary(), anIntent(), reader);
  expect(first.problems).toEqual([]);
  expect(first.target).toMatchObject({ pods: { ready: 2, settled: true }, autoscalerMin: 2 });
  const one = first.target?.revision ?? '';
  await workload.pin(await readCanary(), first, one);
  const original = await cluster.api.get(`/api/v1/namespaces/${namespace}/services/web`);

  const adopting: Intent = anIntent({
    primary: { revision: one, atLeast: 3, strength: 3 },
    services: { versions: true, apex: 'untouched' },
  });
  const canary = await readCanary(planAt(one, 1));
  await carryOut(linnet, canary, adopting);
  await settled('web-primary', 3);
  const ready = await carryOut(linnet, canary, adopting);
  expect(ready.seen.primary).toMatchObject({
    object: { conformity: 'conforms', stamp: 1 },
    autoscaler: { conformity: 'conforms', stamp: 1 },
    revision: one,
    pods: { desired: 3, ready: 3, settled: true },
  });
  expect(ready.services.object).toEqual({ conformity: 'conforms', stamp: 1 });

  written.length = 0;
  await carryOut(adapters(), canary, adopting);
  expect(written).toEqual([]);

  const adopted: Intent = {
    ...adopting,
    services: { versions: true, apex: 'primary' },
    target: { replicas: 0, mode: 'exactly' },
  };
  const idle = await carryOut(linnet, await readCanary(planAt(one, 2)), adopted);
  expect(idle.services.object).toEqual({ conformity: 'conforms', stamp: 2 });
  expect(idle.seen.target?.object).toEqual({ conformity: 'conforms', stamp: 2 });
  await settled('web', 0);
  await untilList(
    cluster.api,
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb`,
    (slices) =>
      names(slices).length === 3 && names(slices).every((name) => name.startsWith('web-primary-')),
  );
  const served = await carryOut(linnet, await readCanary(planAt(one, 2)), adopted);
  expect(served.services).toMatchObject({
    apexServes: 'primary',
    primaryEndpoints: 3,
    canaryEndpoints: 0,
  });

  await kubectl('set', 'image', 'deployment/web', 'app=web:2');
  const second = await workload.observe(await readCanary(planAt(one, 2)), adopted, reader);
  const two = second.target?.revision ?? '';
  expect(two).not.toBe(one);
  await workload.pin(await readCanary(planAt(one, 2)), second, two);
  const promoting: Intent = { ...adopted, primary: { revision: two, atLeast: 3, strength: 3 } };
  await carryOut(linnet, await readCanary(planAt(two, 3)), promoting);
  await settled('web-primary', 3);
  const promoted = await carryOut(linnet, await readCanary(planAt(two, 3)), promoting);
  expect(promoted.seen.primary).toMatchObject({ revision: two, pods: { settled: true } });

  const back: Intent = {
    ...promoting,
    services: { versions: true, apex: 'target' },
    target: { replicas: 3, mode: 'at-least' },
  };
  const end = await carryOut(linnet, await readCanary(planAt(two, 4)), back);
  expect(end.services.object.conformity).toBe('conforms');
  const restored = await cluster.api.get(`/api/v1/namespaces/${namespace}/services/web`);
  expect(restored['spec']).toEqual(original['spec']);

  const rested = await readCanary(planAt(two, 4));
  await workload.prune(rested, await workload.unnamed(rested, rested.status!, reader));
  const kept = await cluster.kubectl(['get', 'controllerrevisions', '-o', 'name', '-n', namespace]);
  expect(kept.stdout.trim()).toBe(`controllerrevision.apps/web-${two}`);
});

test('a write that rests on an old version is refused, and one of an old plan is not made', async () => {
  const canary = await readCanary();
  const { workload } = adapters();
  const intent = anIntent({ target: { replicas: 7, mode: 'at-least' } });
  const status = planAt('any', 9);
  const seen = await workload.observe(canary, intent, reader);
  await kubectl('annotate', 'deployment/web', 'somebody=else');
  const late = workload.applyTarget(canary, status, intent, seen);
  await expect(late).rejects.toSatisfy(isConflict);

  const stale = await workload.observe(canary, intent, reader);
  written.length = 0;
  const behind = workload.applyTarget(canary, planAt('any', 1), intent, stale);
  await expect(behind).rejects.toSatisfy(isConflict);
  expect(written).toEqual([]);
});
