import { describe, expect, test } from 'vitest';
import {
  after,
  cluster,
  condition,
  deploy,
  deployment,
  imageOf,
  images,
  pods,
  useWorkloads,
} from '../../../test/builders/workload-bench.ts';
import { isReady } from './pod-conditions.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS, type Pod, type ReplicaSet } from './resources.ts';

useWorkloads();

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
