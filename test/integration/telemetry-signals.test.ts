import { describe, expect, it, vi } from 'vitest';
import { judge } from '../../src/judge/verdict.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { metricOf } from '../builders/canary.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import { canaryOf, REQUESTS, ScrapedMesh } from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh();

function lineOf(canary: Canary, ...measured: Measurement[]): string {
  return judge(canary, { measured, split: undefined }).line;
}

describe('4xx and cancelled requests', () => {
  it('are shares of their own, held to the primary’s', async () => {
    const canary = canaryOf('shares', [
      { name: 'request-success-rate', threshold: 90, dryRun: true },
      { name: 'request-4xx-rate' },
      { name: 'request-cancelled-rate' },
    ]);
    const serve = (workload: string, refused: number, cancelled: number) => {
      const count = (labels: object, requests: number) =>
        store.mesh.set(REQUESTS, answeredBy(workload, { ...labels }), requests);
      count({}, 900 - refused);
      count({ response_code: '404' }, refused);
      count({ response_code: '503' }, 100);
      count({ response_code: '0', response_flags: 'DC' }, cancelled);
    };
    serve('shares', 300, 1000);
    serve('shares-primary', 20, 0);
    const watched = await store.watching(canary);
    const refused = {
      kind: 'value',
      value: expect.closeTo(30, 9) as number,
      primary: { kind: 'value', value: expect.closeTo(2, 9) as number },
      counts: { canary: { requests: 1000, bad: 300 }, primary: { requests: 1000, bad: 20 } },
    };
    await store.until(watched, canary, (m) => expect(m).toEqual(refused), 'request-4xx-rate');
    const measured = await Promise.all(
      canary.spec.analysis.metrics.map((one) => watched.measure(canary, one, 0, Date.now())),
    );
    expect(lineOf(canary, ...measured)).toBe(
      'FAIL: request-4xx-rate 30 % (300 of 1000 answered 4xx) > 6.5 % beside the primary’s 2 % (20 of 1000 answered 4xx), request-cancelled-rate 50 % (1000 of 2000 cancelled) > 1.2 % beside the primary’s 0 % (0 of 1000 cancelled)',
    );
  });

  it('without a mesh are what the application counts', async () => {
    const meshed = canaryOf('unmeshed', [
      { name: 'request-4xx-rate' },
      { name: 'request-cancelled-rate' },
    ]);
    const canary = { ...meshed, spec: { ...meshed.spec, provider: 'kubernetes' as const } };
    const measured = (name: string) =>
      store.telemetry().measure(canary, metricOf(canary, name), 0, Date.now());
    let requests = 0;
    await vi.waitFor(async () => {
      requests += 100;
      for (const [pod, status, share] of [
        ['unmeshed-6d8f9c77b5-x2x4z', '200', 0.75],
        ['unmeshed-6d8f9c77b5-x2x4z', '404', 0.25],
        ['unmeshed-primary-6d8f9c77b5-x2x4z', '200', 1],
      ] as const) {
        const labels = { namespace: 'shop', pod, status };
        store.mesh.set('http_request_duration_seconds_count', labels, requests * share);
      }
      expect(await measured('request-4xx-rate')).toEqual({
        kind: 'value',
        value: expect.closeTo(25, 1) as number,
        primary: { kind: 'value', value: 0 },
      });
    }, 20_000);
    expect(await measured('request-cancelled-rate')).toEqual({
      kind: 'error',
      outage: false,
      why: 'request-cancelled-rate: found with provider kubernetes, allowed is a mesh, whose proxies see how requests ended, or a query of its own',
    });
  });
});

describe('the size of responses', () => {
  const SIZES = 'istio_response_bytes';

  function answer(workload: string, sizes: readonly number[], labels: object = {}): void {
    const of = answeredBy(workload, { ...labels });
    for (const le of [10, 25, 100, 500, 1000, Infinity]) {
      const within = sizes.filter((size) => size <= le).length;
      const bound = le === Infinity ? '+Inf' : String(le);
      store.mesh.set(`${SIZES}_bucket`, { ...of, le: bound }, within);
    }
    store.mesh.set(`${SIZES}_count`, of, sizes.length);
    store.mesh.set(
      `${SIZES}_sum`,
      of,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  }

  const times = (n: number, size: number) => Array.from({ length: n }, () => size);
  const of = (name: string) => canaryOf(name, [{ name: 'response-size' }]);
  const measured = (canary: Canary) =>
    store.telemetry().measure(canary, metricOf(canary, 'response-size'), 0, Date.now());

  it('convicts a version of which one answer in four is empty, whoever reports it', async () => {
    const canary = of('empty');
    answer('empty', [...times(60, 0), ...times(180, 800)]);
    // Errors have other bodies, and are counted elsewhere.
    answer('empty', times(500, 3), { response_code: '503' });
    answer('empty', times(240, 800), { reporter: 'waypoint' });
    answer('empty-primary', times(1000, 800), { reporter: 'waypoint' });
    await vi.waitFor(async () => {
      const found = await measured(canary);
      expect(found).toEqual({
        kind: 'value',
        value: 600,
        primary: { kind: 'value', value: 800 },
        shift: {
          side: 'at most',
          bound: 10,
          primaryBound: 25,
          counts: { canary: { requests: 240, bad: 60 }, primary: { requests: 1000, bad: 0 } },
        },
      });
      expect(lineOf(canary, found)).toBe(
        'FAIL: response-size 600 B, 25 % of 240 at most 10 B > 5 % beside the primary’s 0 % of 1000 at most 25 B',
      );
    }, 20_000);
  });

  it('takes what falls into the next bucket for no difference', async () => {
    const canary = of('grown');
    answer('grown', times(200, 510));
    answer('grown-primary', times(1000, 490));
    await vi.waitFor(async () => {
      const found = await measured(canary);
      expect(found).toMatchObject({ value: 510, primary: { value: 490 } });
      expect(lineOf(canary, found)).toMatch(/^PASS: response-size 510 B/);
    }, 20_000);
  });

  it('is no data where nothing was answered', async () => {
    expect(await measured(of('unanswered'))).toEqual({
      kind: 'no-data',
      why: 'istio_response_bytes counted no successful response of unanswered-canary in the last 1m',
    });
  });
});

describe('saturation', () => {
  const METRICS = [
    { name: 'cpu-utilization', interval: '3s' },
    { name: 'memory-utilization', compareToPrimary: { maxRatio: 1.5 } },
    { name: 'cpu-throttling', interval: '3s' },
    { name: 'container-restarts' },
  ];
  const POD = { namespace: 'shop', container: 'app' };
  const of = (pod: string) => ({ ...POD, pod });
  const limit = (pod: string, resource: string, value: number) =>
    store.mesh.set('kube_pod_container_resource_limits', { ...of(pod), resource }, value);

  it('is that of the container which is worst off, against its limit', async () => {
    const canary = canaryOf('full', METRICS);
    const pods = ['full-6d8f9c77b5-x2x4z', 'full-6d8f9c77b5-bbbbb', 'full-primary-77b5cc9d-x2x4z'];
    for (const pod of pods) {
      limit(pod, 'memory', 1000);
      limit(pod, 'cpu', 2);
    }
    const bytes = 'container_memory_working_set_bytes';
    for (const [i, used] of [400, 950, 300].entries()) store.mesh.set(bytes, of(pods[i]!), used);
    // The whole pod, its proxy, and a Deployment whose name begins alike.
    for (const container of ['', 'istio-proxy']) {
      store.mesh.set(bytes, { ...of(pods[0]!), container }, 5000);
      store.mesh.set(
        'kube_pod_container_resource_limits',
        { ...of(pods[0]!), container, resource: 'memory' },
        1000,
      );
    }
    limit('full-text-6d8f9c77b5-x2x4z', 'memory', 10);
    store.mesh.set(bytes, of('full-text-6d8f9c77b5-x2x4z'), 10);
    const restarts = 'kube_pod_container_status_restarts_total';
    store.mesh.set(restarts, of(pods[0]!), 2);
    store.mesh.set(restarts, { ...of(pods[0]!), instance: 'again' }, 2);
    store.mesh.set(restarts, of(pods[1]!), 1);
    const began = Date.now();
    await vi.waitFor(async () => {
      const seconds = (Date.now() - began) / 1000;
      store.mesh.set('container_cpu_usage_seconds_total', of(pods[0]!), 1.5 * seconds);
      store.mesh.set('container_cpu_usage_seconds_total', of(pods[1]!), 0.1 * seconds);
      store.mesh.set('container_cpu_cfs_periods_total', of(pods[0]!), 10 * seconds);
      store.mesh.set('container_cpu_cfs_throttled_periods_total', of(pods[0]!), 4 * seconds);
      const telemetry = store.telemetry();
      const [cpu, memory, throttling] = await Promise.all(
        canary.spec.analysis.metrics.map((one) => telemetry.measure(canary, one, 0, Date.now())),
      );
      expect(memory).toEqual({ kind: 'value', value: 95, primary: { kind: 'value', value: 30 } });
      expect(cpu).toMatchObject({ kind: 'value', value: expect.closeTo(75, -1) as number });
      expect(throttling).toMatchObject({ kind: 'value', value: expect.closeTo(40, 0) as number });
    }, 20_000);
    // Within the five seconds that the store has been there for.
    const restarted = { ...METRICS[3]!, interval: '1s' };
    const now = canaryOf('full', [restarted]);
    await vi.waitFor(async () => {
      expect(
        await store.telemetry().measure(now, metricOf(now, 'container-restarts'), 0, Date.now()),
      ).toEqual({ kind: 'value', value: 0 });
    }, 20_000);
    store.mesh.set(restarts, of(pods[1]!), 3);
    await vi.waitFor(async () => {
      expect(
        await store.telemetry().measure(now, metricOf(now, 'container-restarts'), 0, Date.now()),
      ).toEqual({ kind: 'value', value: 2 });
    }, 20_000);
  });

  it('says what is not there, and holds nobody', async () => {
    const canary = canaryOf('unwatched', METRICS);
    const measured = await Promise.all(
      canary.spec.analysis.metrics.map((one) =>
        store.telemetry().measure(canary, one, 0, Date.now()),
      ),
    );
    expect(lineOf(canary, ...measured)).toMatch(
      /^PASS: cpu-utilization is not known: there is no container_cpu_usage_seconds_total and a limit \(kube_pod_container_resource_limits\) of the pods of unwatched-canary, memory-utilization is not known: /,
    );
  });
});
