import { describe, expect, it, vi } from 'vitest';
import { aCanary, metricOf } from '../builders/canary.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import {
  BUCKETS,
  canaryOf,
  counted,
  DURATIONS,
  REQUESTS,
  ScrapedMesh,
} from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh();

describe('counters', () => {
  it('count the first value of a newborn series', async () => {
    const canary = canaryOf('newborn');
    store.mesh.set(REQUESTS, answeredBy('newborn-primary'), 1000);
    const watched = await store.watching(canary);
    store.mesh.set(REQUESTS, answeredBy('newborn', { response_code: '503' }), 7);
    await store.until(watched, canary, (measured) => {
      expect(measured).toMatchObject({ kind: 'value', value: 0 });
      expect(measured).toMatchObject({ counts: { canary: { requests: 7, bad: 7 } } });
    });
  });

  it('survive a reset, and a scrape that finds nothing', async () => {
    const canary = canaryOf('reset');
    const pod = answeredBy('reset');
    store.mesh.set(REQUESTS, pod, 100);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([100, 0])));
    store.mesh.set(REQUESTS, pod, 3);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([103, 0])));
    store.mesh.remove(REQUESTS, pod);
    await vi.waitFor(
      async () =>
        expect(await store.ask(`${REQUESTS}{destination_workload="reset"}`)).toBe(undefined),
      10_000,
    );
    store.mesh.set(REQUESTS, pod, 5);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([105, 0])));
  });
});

describe('answers', () => {
  it.each(['gatewayapi:v1', 'gatewayapi:v1beta1'] as const)(
    'are those of Istio’s proxies where %s routes, as Flagger means them',
    async (provider) => {
      const name = `routed-${provider.split(':')[1]}`;
      const { spec, ...rest } = canaryOf(name);
      const canary = { ...rest, spec: { ...spec, provider } };
      store.mesh.set(REQUESTS, answeredBy(name), 30);
      store.mesh.set(REQUESTS, answeredBy(name, { response_code: '503' }), 10);
      store.mesh.set(REQUESTS, answeredBy(`${name}-primary`), 20);
      const watched = await store.watching(canary);
      await store.until(watched, canary, (m) => expect(m).toEqual(counted([40, 10], [20, 0])));
    },
  );

  it('of several reporters are never added up', async () => {
    const canary = canaryOf('reporters');
    store.mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'source' }), 50);
    store.mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'destination' }), 40);
    store.mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'waypoint' }), 30);
    store.mesh.set(REQUESTS, answeredBy('reporters-primary', { reporter: 'waypoint' }), 20);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([40, 0], [20, 0])));
  });

  it('that never came count as failed, those that the caller cancelled not at all', async () => {
    const canary = canaryOf('endings');
    const ending = (response_code: string, response_flags: string) =>
      answeredBy('endings', { response_code, response_flags });
    store.mesh.set(REQUESTS, ending('200', '-'), 100);
    store.mesh.set(REQUESTS, ending('0', '-'), 3);
    store.mesh.set(REQUESTS, ending('0', 'DC'), 20);
    store.mesh.set(REQUESTS, ending('404', '-'), 10);
    store.mesh.set(REQUESTS, ending('503', 'UF,URX'), 5);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([118, 8])));
  });

  it('of gRPC count by their status, also where a proxy made it up', async () => {
    const canary = canaryOf('grpc');
    const status = (grpc_response_status: string, response_flags = '-') =>
      answeredBy('grpc', { request_protocol: 'grpc', grpc_response_status, response_flags });
    store.mesh.set(REQUESTS, status('0'), 100);
    store.mesh.set(REQUESTS, status('5'), 10);
    store.mesh.set(REQUESTS, status('13'), 4);
    store.mesh.set(REQUESTS, status('14', 'UF'), 3);
    store.mesh.set(REQUESTS, status('1'), 50);
    store.mesh.set(REQUESTS, status('', 'DC'), 60);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([117, 7])));
  });

  it('that only callers could see are charged to the version whose Service they went to', async () => {
    const canary = canaryOf('dead');
    store.mesh.set(REQUESTS, answeredBy('dead-primary'), 90);
    const unreached = (service: string, response_flags: string, workload = 'unknown') =>
      answeredBy(workload, {
        reporter: 'source',
        destination_service_name: service,
        response_code: '503',
        response_flags,
      });
    store.mesh.set(REQUESTS, unreached('dead-canary', 'UH'), 6);
    store.mesh.set(REQUESTS, unreached('dead-canary', 'URX,UF', 'dead'), 4);
    store.mesh.set(REQUESTS, unreached('dead-primary', 'UO'), 1);
    store.mesh.set(REQUESTS, unreached('dead', 'NR'), 1000);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([10, 10], [91, 1])));
  });

  it('have a p99 that Prometheus itself would give', async () => {
    const canary = canaryOf('latency');
    const buckets: [string, number][] = [
      ['10', 0],
      ['50', 80],
      ['100', 95],
      ['500', 99.5],
      ['+Inf', 100],
    ];
    for (const [le, share] of buckets) {
      store.mesh.set(BUCKETS, { ...answeredBy('latency'), le }, share * 10);
      // Failures are quick: they must not make the canary look good.
      store.mesh.set(BUCKETS, { ...answeredBy('latency', { response_code: '503' }), le }, 100_000);
    }
    const p99 = await vi.waitFor(async () => {
      const matching = 'destination_workload="latency",response_code="200"';
      const answer = await store.ask(`histogram_quantile(0.99, ${BUCKETS}{${matching}})`);
      expect(Number(answer)).toBeGreaterThan(100);
      return Number(answer);
    }, 10_000);
    const watched = await store.watching(canary);
    const expected = expect.objectContaining({ kind: 'value', value: expect.closeTo(p99, 6) });
    await store.until(watched, canary, (m) => expect(m).toEqual(expected), 'request-duration');
  });

  it('have durations that survive the end of a pod and the start of another', async () => {
    const canary = canaryOf('pods');
    const pod = (name: string) => ({ ...answeredBy('pods'), pod: name });
    const served = (name: string, quick: number, slow: number) => {
      store.mesh.set(DURATIONS, pod(name), quick + slow);
      store.mesh.set(BUCKETS, { ...pod(name), le: '100' }, quick);
      store.mesh.set(BUCKETS, { ...pod(name), le: '200' }, quick + slow);
      store.mesh.set(BUCKETS, { ...pod(name), le: '+Inf' }, quick + slow);
    };
    served('a', 1000, 0);
    const watched = await store.watching(canary);
    const p99 = (value: number) =>
      store.until(watched, canary, (m) => expect(m).toMatchObject({ value }), 'request-duration');
    await p99(99);
    store.mesh.remove(DURATIONS, pod('a'));
    for (const le of ['100', '200', '+Inf']) store.mesh.remove(BUCKETS, { ...pod('a'), le });
    // 1000 quick ones and 1000 slow ones, of which the new pod served 1000 in its first second.
    served('b', 0, 1000);
    await p99(198);
  });

  it('count only from the step on', async () => {
    const canary = canaryOf('since');
    store.mesh.set(REQUESTS, answeredBy('since', { response_code: '500' }), 1000);
    const watched = await store.watching(canary);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([1000, 1000])));
    const since = Date.now();
    const early = await watched.measure(
      canary,
      metricOf(canary, 'request-success-rate'),
      since,
      since,
    );
    expect(early).toMatchObject({ kind: 'pending' });
    // What comes within the block in which the step begins belongs to neither.
    const none = { kind: 'no-data', why: 'no requests reached since-canary in the last 1s' };
    const measured = 'request-success-rate';
    await store.until(watched, canary, (m) => expect(m).toEqual(none), measured, since);
    store.mesh.set(REQUESTS, answeredBy('since'), 9);
    await store.until(watched, canary, (m) => expect(m).toEqual(counted([9, 0])), measured, since);
  });

  it('that are none hold, and say so', async () => {
    const canary = canaryOf('quiet');
    const watched = await store.watching(canary);
    const why = expect.stringMatching(/^no requests reached quiet-canary in the last \d/);
    await store.until(watched, canary, (m) => expect(m).toEqual({ kind: 'no-data', why }));
    await store.until(watched, canary, (m) => expect(m.kind).toBe('no-data'), 'request-duration');
  });
});

describe('what people see', () => {
  it('is the traffic of both versions', async () => {
    const canary = canaryOf('traffic');
    const [one, other] = [answeredBy('traffic'), answeredBy('traffic-primary')];
    store.mesh.set(REQUESTS, one, 0);
    store.mesh.set(REQUESTS, other, 0);
    const watched = await store.watching(canary);
    await store.until(watched, canary, () => expect(watched.traffic(canary)).toBeDefined());
    store.mesh.set(REQUESTS, one, 60);
    store.mesh.set(REQUESTS, { ...other, response_code: '500' }, 12);
    await vi.waitFor(
      async () => {
        await watched.sweep(Date.now());
        const traffic = watched.traffic(canary);
        expect(traffic?.canary).toMatchObject({ errorShare: 0 });
        expect(traffic?.primary).toMatchObject({ errorShare: 1, p99: undefined });
        expect(traffic?.canary.requestsPerSecond).toBeGreaterThanOrEqual(5);
        expect(traffic?.ageMs).toBeLessThan(5000);
      },
      { timeout: 20_000, interval: 100 },
    );
  });

  it('is whether istiod is away: it spoke to proxies lately, and is not to be found', async () => {
    const canary = canaryOf('steered');
    const watched = await store.watching(canary);
    const isAway = async () => {
      await watched.sweep(Date.now());
      return watched.controlPlaneAway(canary);
    };
    expect(await isAway()).toBe(false);
    store.mesh.set('pilot_xds', { type: 'v3' }, 2);
    store.mesh.set(REQUESTS, answeredBy('steered-primary'), 1);
    const patience = { timeout: 20_000, interval: 300 };
    await vi.waitFor(async () => expect(await store.ask('sum(pilot_xds)')).toBe('2'), patience);
    expect(await isAway()).toBe(false);
    store.mesh.remove('pilot_xds', { type: 'v3' });
    await vi.waitFor(async () => expect(await isAway()).toBe(true), patience);
    store.mesh.set('pilot_xds', { type: 'v3' }, 1);
    await vi.waitFor(async () => expect(await store.ask('sum(pilot_xds)')).toBe('1'), patience);
    // One proxy is back; the others may take half a minute.
    expect(await isAway()).toBe(true);
    const longer = { timeout: 50_000, interval: 1000 };
    await vi.waitFor(async () => expect(await isAway()).toBe(false), longer);
  });

  it('is whether the mesh has ever seen the workload, and how fast istiod is', async () => {
    const canary = canaryOf('seen');
    store.mesh.set(REQUESTS, answeredBy('seen-primary'), 0);
    const bucket = 'pilot_proxy_convergence_time_bucket';
    const watched = await store.watching(canary);
    expect(watched.convergenceMs(canary)).toBe(2000);
    let pushes = 0;
    await vi.waitFor(
      async () => {
        pushes += 10;
        for (const le of ['0.5', '1', '+Inf']) store.mesh.set(bucket, { le }, pushes);
        await watched.sweep(Date.now());
        expect(await watched.isSeen(canary)).toBe(true);
        // All pushes took at most half a second.
        expect(watched.convergenceMs(canary)).toBeLessThanOrEqual(500);
      },
      { timeout: 20_000, interval: 300 },
    );
  });
});

describe('the share of a step', () => {
  it('is that of all requests since it began, and of each caller that the series name', async () => {
    const canary = aCanary({
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'share.d' },
        service: { name: 'share', port: 80 },
      },
      analysis: { metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }] },
    });
    const sent = (from: string, to: string) =>
      answeredBy(to, { source_workload: from, source_workload_namespace: 'front' });
    store.mesh.set(REQUESTS, sent('cart', 'share.d-primary'), 5000);
    const watched = await store.watching(canary);
    const since = Date.now();
    let rounds = 0;
    await vi.waitFor(
      async () => {
        rounds += 1;
        store.mesh.set(REQUESTS, sent('cart', 'share.d'), 40 * rounds);
        store.mesh.set(REQUESTS, sent('cart', 'share.d-primary'), 5000 + 60 * rounds);
        store.mesh.set(REQUESTS, sent('unknown', 'share.d-primary'), 100 * rounds);
        store.mesh.set(REQUESTS, sent('cart', 'shareXd'), 1000 * rounds);
        await watched.sweep(Date.now());
        const share = watched.share?.(canary, since, Date.now());
        expect(share?.requests).toBeGreaterThan(400);
        expect(share!.canary / share!.requests).toBeCloseTo(0.2, 5);
        const callers = (await watched.callers?.(canary, since, Date.now())) ?? [];
        const found = callers.map((one) => [one.name, one.canary / one.requests] as const);
        expect(Object.fromEntries(found)).toEqual({
          'front/cart': expect.closeTo(0.4, 5),
          unknown: 0,
        });
      },
      { timeout: 30_000, interval: 300 },
    );
  });

  it('is not told before there was time to count, nor by a store that does not answer', async () => {
    const canary = canaryOf('early');
    store.mesh.set(REQUESTS, answeredBy('early-primary'), 500);
    const watched = await store.watching(canary);
    const now = Date.now();
    expect(watched.share?.(canary, now, now)).toBeUndefined();
    const nowhere = store.telemetry({ server: { url: 'http://127.0.0.1:9' } });
    expect(nowhere.share?.(canary, now, now)).toBeUndefined();
    expect(await nowhere.callers?.(canary, now, now)).toEqual([]);
  });
});
