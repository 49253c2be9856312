import { beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { aDeployment, aSettledStatus, aStatus } from '../../../test/builders/workload-objects.ts';
import { ClusterError, type KubeObject } from '../../ports/cluster.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';
import { podTrouble } from './pod-trouble.ts';
import { Pods } from './pods.ts';

let cluster: FakeCluster;

beforeEach(() => {
  cluster = new FakeCluster();
});

function aPod(name: string, status: object, born = '2026-11-21T09:00:00Z'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', labels: { app: 'checkout' }, creationTimestamp: born },
    status,
  };
}

const waiting = (reason: string, message?: string) => ({
  containerStatuses: [{ name: 'app', state: { waiting: { reason, message } } }],
});

describe('podTrouble', () => {
  it.each<[string, object, string | undefined]>([
    [
      'a pod that runs',
      { containerStatuses: [{ name: 'app', state: { running: {} } }] },
      undefined,
    ],
    ['a pod that starts', waiting('ContainerCreating'), undefined],
    [
      'an image that cannot be pulled',
      waiting('ImagePullBackOff', 'Back-off pulling image "web:2"'),
      'Pod p: container app: ImagePullBackOff: Back-off pulling image "web:2"',
    ],
    [
      'an init container',
      { initContainerStatuses: waiting('CrashLoopBackOff').containerStatuses },
      'Pod p: container app: CrashLoopBackOff',
    ],
    [
      'no node',
      {
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' },
        ],
      },
      'Pod p: it: Unschedulable: 0/3 nodes',
    ],
  ])('%s', async (_, status, text) => {
    cluster.put(aPod('p', status));
    expect(await podTrouble(aDeployment(), cluster.reader())).toBe(text);
  });

  it('is that of the youngest pod that complains, of this Deployment, and short', async () => {
    cluster.put(aPod('old', waiting('Old'), '2026-11-21T08:00:00Z'));
    cluster.put(aPod('young', waiting('Young', 'x'.repeat(5000)), '2026-11-21T10:00:00Z'));
    const other = aPod('other', waiting('Other'), '2026-11-21T11:00:00Z');
    other.metadata.labels = { app: 'cart' };
    cluster.put(other);
    const text = await podTrouble(aDeployment(), cluster.reader());
    expect(text).toMatch(/^Pod young: container app: Young: x+$/);
    expect(text?.length).toBe(300);
  });
});

describe('pods that are late', () => {
  const start = Date.parse('2026-11-21T09:00:00Z');
  const status = aStatus({ stage: 'scale-up', stageSince: '2026-11-21T09:00:00Z' });
  const canary = aCanary({ spec: { progressDeadlineSeconds: 60 }, status });
  const unready = { ...aSettledStatus(2), readyReplicas: 0, availableReplicas: 0 };

  async function troubleAfter(seconds: number, reader = cluster.reader()) {
    const deployment = cluster.find(DEPLOYMENT, 'shop', 'checkout')!;
    const pods = new Pods(() => start + seconds * 1000);
    return (await pods.of(canary, deployment, reader)).trouble;
  }

  it.each<[string, number, object, string | undefined]>([
    ['are not asked early on', 30, unready, undefined],
    ['are asked shortly before they are given up', 45, unready, 'Pod p: container app: Bad'],
    ['are not asked when they are ready', 45, aSettledStatus(2), undefined],
  ])('%s', async (_, seconds, counts, trouble) => {
    cluster.put({ ...aDeployment(), status: counts });
    cluster.put(aPod('p', waiting('Bad')));
    expect(await troubleAfter(seconds)).toBe(trouble);
  });

  it('are asked once for each version of the Deployment', async () => {
    const deployment = cluster.put({ ...aDeployment(), status: unready });
    cluster.put(aPod('p', waiting('Bad')));
    const pods = new Pods(() => start + 50_000);
    let asked = 0;
    const reader = cluster.reader();
    const counting = {
      ...reader,
      list: (...args: Parameters<typeof reader.list>) => {
        asked += 1;
        return reader.list(...args);
      },
    };
    const first = await pods.of(canary, deployment, counting);
    expect(await pods.of(canary, deployment, counting)).toEqual(first);
    expect(asked).toBe(1);
    await pods.of(
      canary,
      cluster.edit(DEPLOYMENT, 'shop', 'checkout', (o) => (o['x'] = 1)),
      counting,
    );
    expect(asked).toBe(2);
  });

  it('may be unreadable without harm', async () => {
    cluster.put({ ...aDeployment(), status: unready });
    const reader = cluster.reader();
    const list = () => Promise.reject(new ClusterError('no', { code: 403, reason: 'Forbidden' }));
    expect(await troubleAfter(50, { ...reader, list })).toBeUndefined();
  });
});
