import { describe, expect, test } from 'vitest';
import {
  after,
  cluster,
  deploy,
  pods,
  useWorkloads,
} from '../../../test/builders/workload-bench.ts';
import type { KubeObject } from '../apiserver/cluster-state.ts';
import { isReady } from './pod-conditions.ts';
import { ENDPOINT_SLICES, PODS, SERVICES, type EndpointSlice } from './resources.ts';

useWorkloads();

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
