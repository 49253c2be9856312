import { describe, expect, test } from 'vitest';
import {
  after,
  cluster,
  deploy,
  pods,
  spec,
  useWorkloads,
  workloads,
} from '../../../test/builders/workload-bench.ts';
import { isReady } from './pod-conditions.ts';
import { CONFIG_MAPS, SECRETS, type Container, type PodSpec } from './resources.ts';

useWorkloads();

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
