import { describe, expect, test } from 'vitest';
import {
  after,
  cluster,
  deploy,
  deployment,
  pods,
  useWorkloads,
} from '../../../test/builders/workload-bench.ts';
import { PODS } from './resources.ts';

useWorkloads();

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
