import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SweptTelemetry } from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import { readConfig } from '../../src/config.ts';
import type { CountedSpan } from '../../src/ports/telemetry.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import {
  BUCKETS,
  canaryOf,
  counted,
  DURATIONS,
  REQUESTS,
  ScrapedMesh,
} from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh([path.resolve('charts/linnet/files/recording-rules.yaml')]);

/** As `linnet run` reads the store with these flags. */
function telemetryWith(flags: Parameters<typeof readConfig>[0]): SweptTelemetry {
  return store.telemetry({ server: { url: store.url, series: readConfig(flags, {}).series } });
}

describe('series that are named otherwise', () => {
  const flags = {
    'metric-prefix': 'federated:mesh',
    'metric-labels': 'destination_workload=workload,reporter=seen_by,response_code=code',
    'metric-reporters': 'server,gateway',
  };
  const named = (workload: string, seen_by: string, code: string) => {
    const {
      destination_workload: _,
      reporter: _by,
      response_code: _code,
      ...rest
    } = answeredBy(workload);
    return { ...rest, workload, seen_by, code };
  };

  it('are read by the names that were configured', async () => {
    const canary = canaryOf('federated');
    const requests = 'federated:mesh_requests_total';
    store.mesh.set(requests, named('federated', 'server', '200'), 30);
    store.mesh.set(requests, named('federated', 'server', '503'), 2);
    store.mesh.set(requests, named('federated', 'gateway', '503'), 999);
    store.mesh.set(requests, named('federated-primary', 'gateway', '200'), 50);
    store.mesh.set(REQUESTS, answeredBy('federated', { response_code: '500' }), 1000);
    const bucket = 'federated:mesh_request_duration_milliseconds_bucket';
    for (const le of ['100', '+Inf']) {
      store.mesh.set(bucket, { ...named('federated', 'server', '200'), le }, 30);
    }
    const swept = telemetryWith(flags);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([32, 2], [50, 0])));
    const latency = expect.objectContaining({ kind: 'value', value: 99 });
    await store.until(swept, canary, (m) => expect(m).toEqual(latency), 'request-duration');
  });

  it('may be the callers’: what came to nobody counts once', async () => {
    const canary = canaryOf('called');
    const seen = (workload: string, response_code: string, response_flags = '-') =>
      answeredBy(workload, {
        reporter: 'source',
        response_code,
        response_flags,
        destination_service_name: 'called-canary',
      });
    store.mesh.set(REQUESTS, seen('called', '200'), 20);
    store.mesh.set(REQUESTS, seen('called', '503', 'UF'), 4);
    store.mesh.set(REQUESTS, seen('unknown', '503', 'UH'), 3);
    const swept = telemetryWith({ 'metric-reporters': 'source' });
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([27, 7])));
  });
});

describe('a mesh of waypoints', () => {
  it('tells what was answered, how fast, and what came to nobody', async () => {
    const canary = canaryOf('ambient');
    const seen = (workload: string, labels: Record<string, string> = {}) =>
      answeredBy(workload, { reporter: 'waypoint', ...labels });
    const swept = await store.watching(canary);
    store.mesh.set(REQUESTS, seen('ambient-primary'), 100);
    store.mesh.set(REQUESTS, seen('ambient'), 20);
    const unreached = { destination_service_name: 'ambient-canary', response_code: '503' };
    store.mesh.set(REQUESTS, seen('ambient', { ...unreached, response_flags: 'UF' }), 4);
    store.mesh.set(REQUESTS, seen('unknown', { ...unreached, response_flags: 'UH' }), 3);
    for (const le of ['100', '+Inf']) store.mesh.set(BUCKETS, { ...seen('ambient'), le }, 20);
    store.mesh.set(DURATIONS, seen('ambient'), 20);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([27, 7], [100, 0])));
    const latency = expect.objectContaining({ kind: 'value', value: 99 });
    await store.until(swept, canary, (m) => expect(m).toEqual(latency), 'request-duration');
    expect(await swept.isSeen(canary)).toBe(true);
  });
});

describe('recorded series', () => {
  const pod = (name: string, labels: Record<string, string> = {}) => ({
    ...answeredBy('recorded', labels),
    pod: name,
  });
  const serve = (name: string, good: number, bad: number) => {
    store.mesh.set(REQUESTS, pod(name), good);
    store.mesh.set(REQUESTS, pod(name, { response_code: '503' }), bad);
    store.mesh.set(DURATIONS, pod(name), good);
    for (const [le, count] of [
      ['5', 0],
      ['100', good / 2],
      ['+Inf', good],
    ] as const) {
      store.mesh.set(BUCKETS, { ...pod(name), le }, count);
    }
  };

  it('count as much as the mesh’s own, newborn, reset and lost ones too', async () => {
    const canary = canaryOf('recorded');
    store.mesh.set(REQUESTS, answeredBy('recorded-primary'), 1000);
    const raw = await store.watching(canary);
    const recorded = telemetryWith({ 'recorded-metrics': 'true' });
    recorded.setActive([canary]);
    await vi.waitFor(async () => {
      expect(await store.ask('sum(linnet:requests:growth5s)')).toBe('0');
    }, 40_000);
    const from = Math.floor(Date.now() / 5000) * 5000;
    serve('a', 100, 7);
    serve('b', 10, 0);
    const lost = { reporter: 'source', destination_service_name: 'recorded-canary' };
    const flags = { response_code: '503', response_flags: 'UH' };
    store.mesh.set(REQUESTS, answeredBy('unknown', { ...lost, ...flags }), 5);
    // Whatever starts over within five seconds of its birth, no rule of five seconds tells apart.
    const born =
      'sum(sum_over_time(linnet:requests:growth5s{destination_workload="recorded"}[1m]))';
    await vi.waitFor(async () => expect(await store.ask(born)).toBe('117'), 40_000);
    // One pod starts over; its counter is lower than it was.
    serve('a', 40, 2);
    const expected = {
      requests: 164,
      bad: 14,
      within: [
        [5, 0],
        [100, 75],
      ],
      good: 150,
    };
    for (const telemetry of [raw, recorded]) {
      await vi.waitFor(
        async () => {
          await telemetry.sweep(Date.now());
          expect(totalOf(await spanSince(telemetry, canary, from))).toEqual(expected);
        },
        { timeout: 40_000, interval: 500 },
      );
    }
  }, 120_000);

  it('tell how often the workload is sampled', async () => {
    const recorded = telemetryWith({ 'recorded-metrics': 'true' });
    const canary = canaryOf('recorded');
    recorded.setActive([canary]);
    await vi.waitFor(async () => {
      await recorded.sweep(Date.now());
      expect(recorded.grid(canary)).toMatchObject({ edgeMs: 5000, scrapeMs: 5000 });
    }, 20_000);
  });
});

async function spanSince(telemetry: SweptTelemetry, canary: Canary, from: number) {
  const edgeMs = telemetry.grid(canary)?.edgeMs ?? 5000;
  const wanted = { from, until: from + edgeMs, edgeMs };
  return telemetry.counted(canary, wanted);
}

function totalOf(span: CountedSpan | undefined) {
  const all = (span?.edges ?? []).flatMap(({ canary }) => canary ?? []);
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const below = (le: number) =>
    sum(all.map(({ durations }) => durations?.within.find(([bound]) => bound === le)?.[1] ?? 0));
  return {
    requests: sum(all.map(({ requests }) => requests)),
    bad: sum(all.map(({ bad }) => bad)),
    within: [5, 100].map((le) => [le, below(le)]),
    good: sum(all.map(({ durations }) => durations?.requests ?? 0)),
  };
}
