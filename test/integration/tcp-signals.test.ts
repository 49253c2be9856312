import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { SweptTelemetry } from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import { readConfig } from '../../src/config.ts';
import { answeredBy, connectedTo } from '../builders/mesh-metrics.ts';
import {
  canaryOf,
  CLOSED,
  counted,
  OPENED,
  OVER_TCP,
  REQUESTS,
  ScrapedMesh,
} from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh([path.resolve('charts/linnet/files/recording-rules.yaml')]);

const brokerOf = (name: string) => canaryOf(name, undefined, OVER_TCP);

/** Envoy counts a connection as opened and as closed under the same labels, whatever became of it. */
function open(labels: Record<string, string>, connections: number, closed = connections): void {
  store.mesh.set(OPENED, labels, connections);
  store.mesh.set(CLOSED, labels, closed);
}

const FAILED = { response_flags: 'UF,URX' };

describe('connections to a version', () => {
  it('count from the first on, while they last, and through resets', async () => {
    const canary = brokerOf('broker');
    open(connectedTo('broker-primary'), 400, 12);
    const swept = await store.watching(canary);
    open(connectedTo('broker'), 40, 0);
    open(connectedTo('broker', FAILED), 7);
    open(connectedTo('broker-primary'), 500, 12);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([47, 7], [500, 0])));
    // The pod starts over.
    open(connectedTo('broker'), 5, 0);
    open(connectedTo('broker', FAILED), 1);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([53, 8], [500, 0])));
    expect(await swept.isSeen(canary)).toBe(true);
    // What a workload without samples is taken for.
    const unseen = 15_000;
    await store.until(swept, canary, () =>
      expect(swept.grid(canary)?.scrapeMs).toBeLessThan(unseen),
    );
    expect(swept.traffic(canary)).toMatchObject({ canary: { p99: undefined } });
  });

  it('count once, whoever saw them fail', async () => {
    const canary = brokerOf('lost');
    open(connectedTo('lost-primary'), 100);
    const swept = await store.watching(canary);
    const caller = { reporter: 'source', destination_service_name: 'lost-canary' };
    // As the caller sees those that its own proxy counts already.
    open(connectedTo('lost', caller), 20);
    open(connectedTo('lost'), 20);
    open(connectedTo('lost', FAILED), 6);
    open(connectedTo('lost', { ...caller, ...FAILED }), 6);
    // No endpoint, too many connections, and of another Service.
    open(connectedTo('unknown', { ...caller, response_flags: 'UH' }), 4);
    open(connectedTo('unknown', { ...caller, response_flags: 'UO' }), 2);
    const other = { ...caller, destination_service_name: 'cart-canary', response_flags: 'UH' };
    open(connectedTo('unknown', other), 99);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([32, 12], [100, 0])));
  });

  it('of ztunnel fail when they are closed', async () => {
    const canary = brokerOf('ambient');
    const swept = await store.watching(canary);
    open(connectedTo('ambient-primary'), 50);
    open(connectedTo('ambient'), 30, 22);
    store.mesh.set(CLOSED, connectedTo('ambient', { response_flags: 'CONNECT' }), 8);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([30, 8], [50, 0])));
  });

  it('are those to its Service: who scrapes a pod calls no version', async () => {
    const canary = brokerOf('scraped');
    const swept = await store.watching(canary);
    open(connectedTo('scraped-primary'), 50);
    open(connectedTo('scraped'), 10);
    const past = { destination_service_name: 'InboundPassthroughCluster', ...FAILED };
    open(connectedTo('scraped', past), 40);
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([10, 0], [50, 0])));
  });

  it('are what the share of a step is told by, and requests beside them are not', async () => {
    const canary = brokerOf('divided');
    const swept = await store.watching(canary);
    for (const [name, to, requests] of [
      ['divided', 20, 0],
      ['divided-primary', 80, 1000],
    ] as const) {
      open(connectedTo(name, { source_workload: 'shop', source_workload_namespace: 'web' }), to);
      store.mesh.set(REQUESTS, answeredBy(name, { response_code: '500' }), requests);
    }
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([20, 0], [80, 0])));
    const since = Date.now() - 30_000;
    expect(swept.share?.(canary, since, Date.now())).toEqual({ canary: 20, requests: 100 });
    expect(await swept.callers?.(canary, since, Date.now())).toEqual([
      { name: 'web/shop', canary: 20, requests: 100 },
    ]);
  });

  it('have neither durations nor codes: a metric of those says so', async () => {
    const names = ['request-duration', 'request-4xx-rate', 'request-cancelled-rate'];
    const metrics = [...names, 'response-size'].map((name) => ({ name }));
    const canary = canaryOf('broker', metrics, OVER_TCP);
    const swept = await store.watching(brokerOf('broker'));
    for (const metric of canary.spec.analysis.metrics) {
      expect(await swept.measure(canary, metric, 0, Date.now())).toEqual({
        kind: 'no-data',
        why: `${metric.name} is of requests over HTTP or gRPC, and broker-canary serves TCP; remove the metric, or use request-success-rate, which counts connections`,
      });
    }
  });

  it('that nobody made are no data', async () => {
    const canary = brokerOf('idle');
    const swept = await store.watching(canary);
    const none = expect.objectContaining({
      kind: 'no-data',
      why: expect.stringMatching(/^no connections reached idle-canary in the last /) as string,
    });
    await store.until(swept, canary, (m) => expect(m).toEqual(none));
  });
});

it('a version over HTTP is judged by its requests, whatever else it serves', async () => {
  const canary = canaryOf('sideport');
  const swept = await store.watching(canary);
  store.mesh.set(REQUESTS, answeredBy('sideport'), 30);
  store.mesh.set(REQUESTS, answeredBy('sideport-primary'), 90);
  open(connectedTo('sideport', FAILED), 50);
  open(connectedTo('sideport-primary'), 500);
  await store.until(swept, canary, (m) => expect(m).toEqual(counted([30, 0], [90, 0])));
});

it('routes of a user on a port that says nothing may divide both', async () => {
  const spec = {
    service: { port: 80, portName: 'web' },
    routing: { virtualServiceRef: { name: 'mine' } },
  };
  const canary = canaryOf('either', undefined, spec);
  const swept = await store.watching(canary);
  store.mesh.set(REQUESTS, answeredBy('either'), 30);
  open(connectedTo('either', FAILED), 2);
  open(connectedTo('either'), 8);
  open(connectedTo('either-primary'), 70);
  await store.until(swept, canary, (m) => expect(m).toEqual(counted([40, 2], [70, 0])));
});

/** As `linnet run` reads the store with these flags. */
function telemetryWith(flags: Parameters<typeof readConfig>[0]): SweptTelemetry {
  return store.telemetry({ server: { url: store.url, series: readConfig(flags, {}).series } });
}

it('connections are read by the names that were configured, without a label for the protocol too', async () => {
  const canary = brokerOf('federated');
  const named = (workload: string, labels: Record<string, string> = {}) => {
    const { destination_workload: _, request_protocol: _tcp, ...rest } = connectedTo(workload);
    return { ...rest, workload, ...labels };
  };
  const opened = 'federated:mesh_tcp_connections_opened_total';
  store.mesh.set(opened, named('federated'), 30);
  store.mesh.set(opened, named('federated', { response_flags: 'UF' }), 3);
  const lost = { reporter: 'source', destination_service_name: 'federated-canary' };
  store.mesh.set(opened, named('unknown', { ...lost, response_flags: 'UH' }), 2);
  store.mesh.set(OPENED, connectedTo('federated'), 1000);
  const swept = telemetryWith({
    'metric-prefix': 'federated:mesh',
    'metric-labels': 'destination_workload=workload,request_protocol=protocol',
  });
  await store.until(swept, canary, (m) => expect(m).toEqual(counted([35, 5])));
});

it('recorded connections count as much as the mesh’s own, newborn, reset and lost ones too', async () => {
  const canary = brokerOf('recorded');
  const pod = (name: string, labels: Record<string, string> = {}) => ({
    ...connectedTo('recorded', labels),
    pod: name,
  });
  open(connectedTo('recorded-primary'), 1000);
  const raw = await store.watching(canary);
  const recorded = telemetryWith({ 'recorded-metrics': 'true' });
  recorded.setActive([canary]);
  const growth = (workload: string) =>
    store.ask(
      `sum(sum_over_time(linnet:requests:growth5s{request_protocol="tcp",destination_workload="${workload}"}[2m]))`,
    );
  await vi.waitFor(async () => expect(await growth('recorded-primary')).toBeDefined(), 40_000);
  const from = Math.floor(Date.now() / 5000) * 5000;
  open(pod('a'), 100, 0);
  open(pod('a', FAILED), 7);
  open(pod('b'), 10, 0);
  const lost = { reporter: 'source', destination_service_name: 'recorded-canary' };
  open(connectedTo('unknown', { ...lost, response_flags: 'UH' }), 5);
  // Whatever starts over within five seconds of its birth, no rule of five seconds tells apart.
  await vi.waitFor(async () => expect(await growth('recorded')).toBe('117'), 40_000);
  open(pod('a'), 40, 0);
  open(pod('a', FAILED), 2);
  for (const telemetry of [raw, recorded]) {
    await vi.waitFor(
      async () => {
        await telemetry.sweep(Date.now());
        expect(await totalSince(telemetry, canary, from)).toEqual({ requests: 164, bad: 14 });
      },
      { timeout: 40_000, interval: 500 },
    );
  }
}, 150_000);

async function totalSince(telemetry: SweptTelemetry, canary: Canary, from: number) {
  const edgeMs = telemetry.grid(canary)?.edgeMs ?? 5000;
  const span = await telemetry.counted(canary, { from, until: from + edgeMs, edgeMs });
  const seen = (span?.edges ?? []).flatMap(({ canary: of }) => of ?? []);
  return {
    requests: seen.reduce((sum, { requests }) => sum + requests, 0),
    bad: seen.reduce((sum, { bad }) => sum + bad, 0),
  };
}
