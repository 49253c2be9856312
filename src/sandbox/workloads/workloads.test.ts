import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sandboxCluster } from '../../../test/builders/sandbox-cluster.ts';
import type { ClusterState, KubeObject } from '../apiserver/cluster-state.ts';
import { isReady } from './pod-conditions.ts';
import {
  CONFIG_MAPS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  PODS,
  REPLICA_SETS,
  SECRETS,
  SERVICES,
  type Condition,
  type Container,
  type Deployment,
  type DeploymentSpec,
  type EndpointSlice,
  type Pod,
  type PodSpec,
  type ReplicaSet,
} from './resources.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

let cluster: ClusterState;
let workloads: Workloads;
let stop: () => void;
const problems: Error[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  const test = sandboxCluster();
  cluster = test.state;
  workloads = startWorkloads(cluster, { report: (error) => problems.push(error as Error) });
  stop = () => {
    workloads.stop();
    test.stop();
  };
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  const [problem] = problems.splice(0);
  if (problem !== undefined) throw problem;
});

interface Shape {
  image?: string;
  annotations?: Record<string, string>;
  spec?: Partial<DeploymentSpec>;
}

function spec({ image = 'app:1', annotations = {}, spec = {} }: Shape = {}): DeploymentSpec {
  return {
    replicas: 3,
    selector: { matchLabels: { app: 'shop' } },
    template: {
      metadata: { labels: { app: 'shop' }, annotations },
      spec: {
        containers: [{ name: 'app', image, ports: [{ name: 'http', containerPort: 8080 }] }],
      },
    },
    ...spec,
  };
}

function deploy(shape?: Shape): void {
  const metadata = { name: 'shop', namespace: 'shop' };
  const current = cluster.get(DEPLOYMENTS, 'shop', 'shop');
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: spec(shape) };
  if (current === undefined) cluster.create(DEPLOYMENTS, object);
  else cluster.replace(DEPLOYMENTS, { ...current, spec: object.spec });
}

function deployment(): Deployment {
  return cluster.get(DEPLOYMENTS, 'shop', 'shop') as Deployment;
}

function condition(type: string): Condition | undefined {
  return deployment().status?.conditions?.find((one) => one.type === type);
}

function pods(): Pod[] {
  return cluster.list(PODS, 'shop') as Pod[];
}

function images(of: Pod[] = pods()): string[] {
  return of.map(({ spec }) => imageOf(spec));
}

function imageOf({ containers }: PodSpec): string {
  return containers[0]?.image ?? '';
}

async function after(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}

describe('a new Deployment', () => {
  test('comes up, step by step, as kubectl would show it', async () => {
    deploy();
    await after(20);
    expect(pods().map((pod) => pod.status?.phase)).toEqual(['Pending', 'Pending', 'Pending']);
    expect(condition('Progressing')?.reason).toBe('ReplicaSetUpdated');
    expect(deployment().status).toMatchObject({ replicas: 3, unavailableReplicas: 3 });
    await after(100);
    expect(pods().map((pod) => [pod.status?.phase, isReady(pod)])).toEqual([
      ['Running', false],
      ['Running', false],
      ['Running', false],
    ]);
    expect(condition('Available')?.status).toBe('False');
    await after(1000);
    expect(deployment().status).toMatchObject({
      observedGeneration: deployment().metadata.generation,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(deployment().status).not.toHaveProperty('unavailableReplicas');
    expect(condition('Available')?.status).toBe('True');
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
    expect(new Set(pods().map((pod) => pod.status?.podIP)).size).toBe(3);
  });

  test('names its ReplicaSet by the template and counts revisions', async () => {
    deploy();
    await after(1000);
    const [set] = cluster.list(REPLICA_SETS) as ReplicaSet[];
    const hash = set?.metadata.labels?.['pod-template-hash'];
    expect(set?.metadata.name).toBe(`shop-${hash}`);
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'shop', 'pod-template-hash': hash });
    expect(pods()[0]?.metadata.labels).toEqual({ app: 'shop', 'pod-template-hash': hash });
    expect(pods()[0]?.metadata.name).toMatch(new RegExp(`^shop-${hash}-[a-z0-9]{5}$`));
    expect(deployment().metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
  });

  test('takes its pods along when it is deleted', async () => {
    deploy();
    await after(1000);
    cluster.delete(DEPLOYMENTS, 'shop', 'shop');
    await after(10);
    expect(pods().every((pod) => pod.metadata.deletionTimestamp !== undefined)).toBe(true);
    await after(1000);
    expect(pods()).toEqual([]);
    expect(cluster.list(REPLICA_SETS)).toEqual([]);
  });
});

describe('a new template', () => {
  test('replaces the pods one by one, and never too many', async () => {
    deploy();
    await after(1000);
    let fewest = Infinity;
    let most = 0;
    cluster.subscribe(PODS, () => {
      const active = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      fewest = Math.min(fewest, active.filter(isReady).length);
      most = Math.max(most, active.length);
    });
    deploy({ image: 'app:2' });
    await after(10);
    expect(images().sort()).toEqual(['app:1', 'app:1', 'app:1', 'app:2']);
    expect(deployment().status?.observedGeneration).toBe(deployment().metadata.generation);
    await after(5000);
    expect(images()).toEqual(['app:2', 'app:2', 'app:2']);
    expect([fewest, most]).toEqual([3, 4]);
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });

  test('of before makes its old ReplicaSet the newest revision', async () => {
    for (const image of ['app:1', 'app:2', 'app:1']) {
      deploy({ image });
      await after(5000);
    }
    const sets = cluster.list(REPLICA_SETS) as ReplicaSet[];
    const sizes = sets.map((set) => {
      const revision = set.metadata.annotations?.['deployment.kubernetes.io/revision'];
      return `${imageOf(set.spec.template.spec)} revision ${revision}: ${set.spec.replicas}`;
    });
    expect(sizes.sort()).toEqual(['app:1 revision 3: 3', 'app:2 revision 2: 0']);
    expect(deployment().metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('that never becomes ready misses the progress deadline and leaves the old pods', async () => {
    deploy({ spec: { progressDeadlineSeconds: 5 } });
    await after(1000);
    deploy({
      image: 'app:2',
      annotations: { 'sandbox.linnet.dev/ready-after': 'never' },
      spec: { progressDeadlineSeconds: 5 },
    });
    await after(4000);
    expect(condition('Progressing')?.status).toBe('True');
    await after(3000);
    expect(condition('Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
    expect(condition('Available')?.status).toBe('True');
    expect(images(pods().filter(isReady))).toEqual(['app:1', 'app:1', 'app:1']);
  });

  test('waits while the Deployment is paused, which can still be scaled', async () => {
    deploy();
    await after(1000);
    deploy({ image: 'app:2', spec: { paused: true, replicas: 5 } });
    await after(2000);
    expect(images()).toEqual(Array.from({ length: 5 }, () => 'app:1'));
    expect(condition('Progressing')?.reason).toBe('DeploymentPaused');
    deploy({ image: 'app:2', spec: { replicas: 5 } });
    await after(5000);
    expect(images()).toEqual(Array.from({ length: 5 }, () => 'app:2'));
  });

  test('with Recreate starts only when the old pods are gone', async () => {
    const strategy = { type: 'Recreate' };
    deploy({ spec: { strategy } });
    await after(1000);
    const together: boolean[] = [];
    cluster.subscribe(PODS, () => {
      const running = pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      together.push(new Set(images(running)).size > 1);
    });
    deploy({ image: 'app:2', spec: { strategy } });
    await after(3000);
    expect(together).not.toContain(true);
    expect(images()).toEqual(['app:2', 'app:2', 'app:2']);
  });

  test('keeps only as many old ReplicaSets as the history may hold', async () => {
    for (const image of ['app:1', 'app:2', 'app:3', 'app:4']) {
      deploy({ image, spec: { revisionHistoryLimit: 1 } });
      await after(5000);
    }
    expect(cluster.list(REPLICA_SETS)).toHaveLength(2);
  });
});

describe('ownership', () => {
  function relabel(pod: Pod, labels: Record<string, string>): void {
    const metadata = { ...pod.metadata, labels: { ...pod.metadata.labels, ...labels } };
    cluster.replace(PODS, { ...pod, metadata });
  }

  test('a pod that is no longer selected is let go, and replaced', async () => {
    deploy({ spec: { replicas: 1 } });
    await after(1000);
    const [quarantined] = pods();
    relabel(quarantined!, { app: 'under-observation' });
    await after(1000);
    expect(pods()).toHaveLength(2);
    const left = cluster.get(PODS, 'shop', quarantined!.metadata.name);
    expect(left?.metadata.ownerReferences).toBeUndefined();
    relabel(left as Pod, { app: 'shop' });
    await after(1000);
    expect(pods()).toHaveLength(1);
  });

  test('a Deployment that comes again adopts what it left behind', async () => {
    deploy();
    await after(1000);
    const before = pods().map(({ metadata }) => metadata.name);
    cluster.delete(DEPLOYMENTS, 'shop', 'shop', { propagationPolicy: 'Orphan' });
    await after(1000);
    expect(pods()).toHaveLength(3);
    deploy();
    await after(1000);
    expect(pods().map(({ metadata }) => metadata.name)).toEqual(before);
    expect(cluster.list(REPLICA_SETS)).toHaveLength(1);
    expect(condition('Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });
});

describe('pods', () => {
  test('that crash back off, restart, and are said to', async () => {
    const annotations = { 'sandbox.linnet.dev/crash-after': '100ms' };
    deploy({ annotations, spec: { replicas: 1 } });
    await after(500);
    const [status] = pods()[0]?.status?.containerStatuses ?? [];
    expect(status).toMatchObject({
      ready: false,
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    });
    await after(10_000);
    expect(pods()[0]?.status?.containerStatuses?.[0]?.restartCount).toBeGreaterThan(2);
  });

  test('whose behaviour cannot be read say why', async () => {
    deploy({ annotations: { 'sandbox.linnet.dev/errors': 'many' }, spec: { replicas: 1 } });
    await after(1000);
    const waiting = pods()[0]?.status?.containerStatuses?.[0]?.state?.['waiting'];
    expect(waiting).toMatchObject({
      reason: 'CreateContainerConfigError',
      message: expect.stringContaining('sandbox.linnet.dev/errors: found "many"') as string,
    });
  });

  test('that are deleted linger, and are replaced at once', async () => {
    deploy({ spec: { replicas: 1 } });
    await after(1000);
    const [first] = pods();
    cluster.delete(PODS, 'shop', first?.metadata.name ?? '');
    await after(100);
    expect(pods()).toHaveLength(2);
    await after(300);
    expect(pods().map((pod) => pod.metadata.uid)).not.toContain(first?.metadata.uid);
  });

  test('count as available only after minReadySeconds', async () => {
    deploy({ spec: { minReadySeconds: 5 } });
    await after(2000);
    expect(deployment().status).toMatchObject({ readyReplicas: 3, unavailableReplicas: 3 });
    await after(5000);
    expect(deployment().status?.availableReplicas).toBe(3);
  });

  test('of a namespace with injection get a sidecar, unless they say no', async () => {
    deploy({ spec: { replicas: 1 } });
    await after(1000);
    expect(pods()[0]?.spec.initContainers?.map(({ name }) => name)).toEqual(['istio-proxy']);
    expect(deployment().spec.template.spec.initContainers).toBeUndefined();
    deploy({ annotations: { 'sidecar.istio.io/inject': 'false' }, spec: { replicas: 1 } });
    await after(5000);
    expect(pods()[0]?.spec.initContainers).toBeUndefined();
  });
});

describe('ConfigMaps and Secrets', () => {
  function deployWith(container: Partial<Container>, pod: Partial<PodSpec> = {}): void {
    const containers = [{ name: 'app', image: 'app:1', ...container }];
    const template = spec().template;
    deploy({
      spec: { replicas: 1, template: { ...template, spec: { ...pod, containers } } },
    });
  }

  function configure(name: string, data: Record<string, string>): void {
    const metadata = { name, namespace: 'shop' };
    cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  }

  function waiting() {
    return pods()[0]?.status?.containerStatuses?.[0]?.state?.['waiting'];
  }

  test('that are missing keep a pod from starting, until they are there', async () => {
    deployWith({ envFrom: [{ configMapRef: { name: 'settings' } }] });
    await after(2000);
    expect(waiting()).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    });
    configure('settings', { SANDBOX_ERRORS: '20%' });
    await after(1000);
    expect(pods().map(isReady)).toEqual([true]);
    expect(workloads.behaviourOf(pods()[0]!)?.errors?.share).toBe(0.2);
  });

  test('are read when the containers start, and not again', async () => {
    configure('settings', { errors: '20%' });
    const configMapKeyRef = { name: 'settings', key: 'errors' };
    deployWith({ env: [{ name: 'SANDBOX_ERRORS', valueFrom: { configMapKeyRef } }] });
    await after(1000);
    const settings = cluster.get(CONFIG_MAPS, 'shop', 'settings')!;
    cluster.replace(CONFIG_MAPS, { ...settings, data: { errors: '90%' } });
    await after(1000);
    expect(workloads.behaviourOf(pods()[0]!)?.errors?.share).toBe(0.2);
  });

  test.each<[string, Partial<Container>, Partial<PodSpec>, object]>([
    [
      'a key',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'b' } } }] },
      {},
      {
        reason: 'CreateContainerConfigError',
        message: "couldn't find key b in ConfigMap shop/settings",
      },
    ],
    [
      'a Secret',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'keys', key: 'b' } } }] },
      {},
      { reason: 'CreateContainerConfigError', message: 'secret "keys" not found' },
    ],
    [
      'what a volume holds',
      {},
      { volumes: [{ name: 'v', secret: { secretName: 'keys' } }] },
      {
        reason: 'ContainerCreating',
        message: 'MountVolume.SetUp failed for volume "v" : secret "keys" not found',
      },
    ],
    [
      'what a projected volume holds',
      {},
      { volumes: [{ name: 'v', projected: { sources: [{ configMap: { name: 'other' } }] } }] },
      {
        reason: 'ContainerCreating',
        message: 'MountVolume.SetUp failed for volume "v" : configmap "other" not found',
      },
    ],
  ])('without %s say so', async (_, container, pod, expected) => {
    configure('settings', { a: '1' });
    deployWith(container, pod);
    await after(1000);
    expect(waiting()).toEqual(expected);
  });

  test('that are optional may be missing', async () => {
    const optional = { name: 'none', optional: true };
    deployWith(
      {
        envFrom: [{ configMapRef: optional }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { ...optional, key: 'a' } } }],
      },
      { volumes: [{ name: 'v', configMap: optional }] },
    );
    await after(1000);
    expect(pods().map(isReady)).toEqual([true]);
  });

  test('of secrets are decoded', async () => {
    const data = { SANDBOX_LATENCY: Buffer.from('70ms').toString('base64') };
    const metadata = { name: 'keys', namespace: 'shop' };
    cluster.create(SECRETS, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    deployWith({ envFrom: [{ secretRef: { name: 'keys' } }] });
    await after(1000);
    expect(workloads.behaviourOf(pods()[0]!)?.latency.meanMs).toBe(70);
  });
});

describe('endpoints', () => {
  function serve(targetPort: number | string = 'http'): void {
    cluster.create(SERVICES, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', namespace: 'shop' },
      spec: { selector: { app: 'shop' }, ports: [{ name: 'web', port: 80, targetPort }] },
    });
  }

  function slices(): EndpointSlice[] {
    return cluster.list(ENDPOINT_SLICES, 'shop') as EndpointSlice[];
  }

  function readyAddresses(): string[] {
    const endpoints = slices().flatMap((slice) => slice.endpoints);
    return endpoints.flatMap(({ conditions, addresses }) => (conditions.ready ? addresses : []));
  }

  test('lag behind readiness', async () => {
    serve();
    deploy();
    await after(590);
    expect(pods().filter(isReady)).toHaveLength(3);
    expect(readyAddresses()).toEqual([]);
    await after(200);
    expect(readyAddresses().sort()).toEqual(['10.244.0.1', '10.244.0.2', '10.244.0.3']);
    expect(slices()[0]?.ports).toEqual([{ name: 'web', port: 8080, protocol: 'TCP' }]);
    expect(slices()[0]?.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'shop' });
  });

  test('of pods that end are marked, then go', async () => {
    serve();
    deploy({ spec: { replicas: 1 } });
    await after(1000);
    cluster.delete(PODS, 'shop', pods()[0]?.metadata.name ?? '');
    await after(150);
    const ending = slices()[0]?.endpoints.find(({ conditions }) => conditions.terminating);
    expect(ending?.conditions).toEqual({ ready: false, serving: true, terminating: true });
    await after(1000);
    expect(slices()[0]?.endpoints).toHaveLength(1);
  });

  test('of a Service that selects nothing are one empty slice', async () => {
    serve();
    await after(200);
    expect(slices().map(({ endpoints, ports }) => [endpoints, ports])).toEqual([[[], undefined]]);
  });

  test.each([
    ['a number', 9090, 9090],
    ['zero, which is the port itself', 0, 80],
    ['a name that no container has', 'grpc', undefined],
  ])('have the target port by %s', async (_, target, expected) => {
    serve(target);
    deploy();
    await after(1000);
    expect(slices()[0]?.ports?.[0]?.port).toBe(expected);
  });

  test('follow a Service whose selector moves', async () => {
    serve();
    deploy({ spec: { replicas: 1 } });
    await after(1000);
    const service = cluster.get(SERVICES, 'shop', 'shop') as KubeObject;
    const spec = { ...service.spec, selector: { app: 'other' } };
    cluster.replace(SERVICES, { ...service, spec });
    await after(200);
    expect(readyAddresses()).toEqual([]);
  });
});
