import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sandboxCluster, type TestCluster } from '../../../test/builders/sandbox-cluster.ts';
import { CUSTOM_RESOURCE_DEFINITIONS } from '../istio-definitions.ts';
import { SERVICES } from '../workloads/resources.ts';
import { IstioMetrics } from './istio-metrics.ts';
import { VIRTUAL_SERVICES } from './istio-resources.ts';
import { sidecarOf } from './mesh-request.ts';
import { Pilot } from './pilot.ts';

let cluster: TestCluster;
let pilot: Pilot;
let metrics: IstioMetrics;

beforeEach(() => {
  vi.useFakeTimers();
  cluster = sandboxCluster();
  metrics = new IstioMetrics();
  pilot = new Pilot(cluster.state, { metrics, refuse: () => {} });
});

afterEach(() => {
  pilot.stop();
  cluster.stop();
  vi.useRealTimers();
});

const GROUP = 'networking.istio.io';

function route(status: number): void {
  const spec = { hosts: ['web'], http: [{ directResponse: { status } }] };
  const metadata = { name: 'web', namespace: 'shop' };
  const current = cluster.state.get(VIRTUAL_SERVICES, 'shop', 'web');
  const object = { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec };
  if (current === undefined) cluster.state.create(VIRTUAL_SERVICES, object);
  else cluster.state.replace(VIRTUAL_SERVICES, { ...current, spec });
}

/** What a request would be answered at this moment. */
function obeyed(): number | undefined {
  const request = { method: 'GET', path: '/', authority: 'web', headers: {} };
  const found = pilot.snapshot.routes.find(request, sidecarOf('caller', 'shop'));
  return found?.spec.directResponse?.status;
}

describe('a change of configuration', () => {
  test('is obeyed after a pause without changes and the time of a push', async () => {
    route(201);
    await vi.advanceTimersByTimeAsync(149);
    expect(obeyed()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(obeyed()).toBe(201);
  });

  test('waits for others that follow closely', async () => {
    for (let status = 201; status <= 205; status += 1) {
      route(status);
      await vi.advanceTimersByTimeAsync(90);
    }
    expect(obeyed()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(60);
    expect(obeyed()).toBe(205);
  });

  test('waits ten seconds at most', async () => {
    for (let elapsed = 0; elapsed < 10_200; elapsed += 60) {
      route(200 + (elapsed % 99));
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(obeyed()).toBeDefined();
  });

  test('is measured as istiod measures its convergence', async () => {
    route(201);
    await vi.advanceTimersByTimeAsync(200);
    const text = await metrics.text();
    expect(text).toContain('pilot_proxy_convergence_time_count 1');
    expect(text).toContain('pilot_proxy_convergence_time_sum 0.15');
    expect(text).toContain('pilot_proxy_convergence_time_bucket{le="0.5"} 1');
  });

  test('of a Service counts as one', async () => {
    const metadata = { name: 'cart', namespace: 'shop' };
    const spec = { ports: [{ port: 80 }] };
    cluster.state.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata, spec });
    await vi.advanceTimersByTimeAsync(200);
    expect(pilot.snapshot.registry.has('cart.shop.svc.cluster.local')).toBe(true);
  });

  test('has settled when all that came before is obeyed', async () => {
    await pilot.settled();
    route(201);
    let isSettled = false;
    const settled = pilot.settled().then(() => (isSettled = true));
    await vi.advanceTimersByTimeAsync(120);
    route(202);
    await vi.advanceTimersByTimeAsync(60);
    expect([isSettled, obeyed()]).toEqual([false, 201]);
    await vi.advanceTimersByTimeAsync(100);
    await settled;
    expect(obeyed()).toBe(202);
  });

  test('that takes the definition of a kind away leaves the mesh running', async () => {
    route(201);
    await vi.advanceTimersByTimeAsync(200);
    cluster.state.delete(CUSTOM_RESOURCE_DEFINITIONS, undefined, `virtualservices.${GROUP}`);
    await vi.advanceTimersByTimeAsync(200);
    expect(obeyed()).toBeUndefined();
  });

  test('after the end is not obeyed', async () => {
    route(201);
    pilot.stop();
    await vi.advanceTimersByTimeAsync(1000);
    expect(obeyed()).toBeUndefined();
  });
});
