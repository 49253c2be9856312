import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { metricOf } from '../builders/canary.ts';
import type { SweepReport } from '../../src/adapters/prometheus/sweep.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import { canaryOf, counted, REQUESTS, ScrapedMesh } from '../builders/scraped-mesh.ts';
import { templated } from '../builders/telemetry.ts';

const store = new ScrapedMesh();

describe('a metric with its own query', () => {
  async function measured(query: string, metric: object = {}): Promise<Measurement> {
    const name = 'mine';
    const canary = canaryOf('templated', [{ name, templateRef: { name: 'any' }, ...metric }]);
    return store.telemetry(templated(query)).measure(canary, metricOf(canary, name), 0, Date.now());
  }

  it('fills in what Flagger fills in', async () => {
    store.mesh.set(REQUESTS, answeredBy('templated'), 5);
    store.mesh.set(REQUESTS, answeredBy('templated-primary'), 9);
    await vi.waitFor(async () => {
      expect(await store.ask(`${REQUESTS}{destination_workload="templated-primary"}`)).toBe('9');
    }, 10_000);
    const query = `sum(max_over_time(${REQUESTS}{
      destination_workload="{{ target }}", destination_workload_namespace="{{namespace}}",
      response_code=~"{{ variables.code }}"}[{{ interval }}]))`;
    const metric = { templateVariables: { code: '2..' }, compareToPrimary: { maxRatio: 2 } };
    expect(await measured(query, metric)).toEqual({
      kind: 'value',
      value: 5,
      primary: { kind: 'value', value: 9 },
    });
  });

  it.each([
    ['no series', 'none_such', 'no-data', 'the query of mine has no result'],
    [
      '0/0',
      'vector(0) / vector(0)',
      'no-data',
      'the query of mine gives NaN: there was nothing to measure',
    ],
    [
      '1/0',
      'vector(1) / vector(0)',
      'error',
      'the query of mine gives +Inf, allowed is a finite number',
    ],
    [
      'two series',
      'label_replace(vector(1), "a", "b", "", "") or vector(2)',
      'error',
      'the query of mine gives 2 series, allowed is one',
    ],
    ['a text', '"text"', 'error', 'the query of mine gives a text, allowed is one number'],
    [
      'a range',
      'up[5s]',
      'error',
      'the query of mine gives a range of samples, allowed is one number',
    ],
    ['a scalar', '42', 'value', 42],
  ])('that gives %s: %s', async (_name, query, kind, said) => {
    const expected = {
      value: { kind, value: said },
      'no-data': { kind, why: said },
      error: { kind, why: said, outage: false },
    }[kind];
    expect(await measured(query)).toEqual(expected);
  });

  it.each([
    ['sum(', /^mine: .* refused the query: .*unclosed left parenthesis/],
    ['up * on(instance) group_left istio_requests_total or nope()', /unknown function/],
    ['{{ nmae }}', /^mine: the query has '\{\{ nmae \}\}', known are name, namespace/],
  ])('that is wrong is told in words: %s', async (query, why) => {
    expect(await measured(query)).toEqual({
      kind: 'error',
      outage: false,
      why: expect.stringMatching(why),
    });
  });
});

describe('a built-in metric without a mesh', () => {
  const HISTOGRAM = 'http_request_duration_seconds';
  const canary = canaryOf('plain');
  const plain = { ...canary, spec: { ...canary.spec, provider: 'kubernetes' as const } };

  function serve(pod: object, status: string, requests: number): void {
    const labels = { namespace: 'shop', ...pod, status };
    store.mesh.set(`${HISTOGRAM}_count`, labels, requests);
    for (const [le, share] of [
      ['0.1', 0.98],
      ['0.2', 1],
      ['+Inf', 1],
    ] as const) {
      store.mesh.set(`${HISTOGRAM}_bucket`, { ...labels, le }, requests * share);
    }
  }

  const measured = (name: string) =>
    store.telemetry().measure(plain, metricOf(plain, name), 0, Date.now());

  it('is what the application counts, by the pods of the canary alone', async () => {
    expect(await measured('request-success-rate')).toMatchObject({ kind: 'no-data' });
    let requests = 0;
    await vi.waitFor(async () => {
      requests += 100;
      serve({ pod: 'plain-6d8f9c77b5-x2x4z' }, '200', requests);
      serve({ pod: 'plain-6d8f9c77b5-x2x4z' }, '503', requests / 4);
      serve({ pod: 'plain-primary-6d8f9c77b5-x2x4z' }, '500', requests);
      const rate = await measured('request-success-rate');
      expect(rate).toMatchObject({ kind: 'value', value: expect.closeTo(80, 1) as number });
      const latency = await measured('request-duration');
      expect(latency).toMatchObject({ kind: 'value', value: expect.closeTo(150, 1) as number });
    }, 20_000);
  });

  it('is a number where every request fails, and where Prometheus labels pods as Flagger’s does', async () => {
    const canary = canaryOf('flaggers');
    const labels = { kubernetes_namespace: 'shop', kubernetes_pod_name: 'flaggers-bcd42-f2f4g' };
    const own = { ...canary, spec: { ...canary.spec, provider: 'kubernetes' as const } };
    const metric = metricOf(own, 'request-success-rate');
    await vi.waitFor(async () => {
      serve({ ...labels, namespace: 'monitoring' }, '500', Date.now() % 1e9);
      expect(await store.telemetry().measure(own, metric, 0, Date.now())).toMatchObject({
        kind: 'value',
        value: 0,
      });
    }, 20_000);
  });
});

describe('the number of queries', () => {
  it.each([1, 300])('is six a sweep, and none a metric, for %d canaries', async (size) => {
    const forward = await forwarding(store.url);
    const canaries = Array.from({ length: size }, (_, i) => canaryOf(`crowd-${i}`));
    for (const i of [0, size - 1]) store.mesh.set(REQUESTS, answeredBy(`crowd-${i}`), 10);
    const reports: SweepReport[] = [];
    const onSweep = (report: SweepReport) => void reports.push(report);
    const swept = store.telemetry({ server: { url: forward.url }, onSweep });
    swept.setActive(canaries);
    for (const canary of [canaries[0]!, canaries.at(-1)!]) {
      await store.until(swept, canary, (m) => expect(m).toEqual(counted([10, 0])));
    }
    for (const canary of canaries) {
      await swept.measure(canary, metricOf(canary, 'request-success-rate'), 0, Date.now());
      await swept.measure(canary, metricOf(canary, 'request-duration'), 0, Date.now());
    }
    expect(reports.filter(({ error }) => error !== undefined)).toEqual([]);
    // The very first needs one more: it must know the store before it can plan.
    expect(forward.count()).toBe(6 * reports.length + 1);
    await forward.close();
  });
});

describe('a store that goes away', () => {
  it('is an outage, not evidence, and is picked up where it was left', async () => {
    const forward = await forwarding(store.url);
    const canary = canaryOf('outage');
    store.mesh.set(REQUESTS, answeredBy('outage'), 10);
    const reports: SweepReport[] = [];
    const onSweep = (report: SweepReport) => void reports.push(report);
    const swept = store.telemetry({ server: { url: forward.url }, onSweep });
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([10, 0])));
    forward.cut();
    await store.until(swept, canary, () => expect(reports.at(-1)?.error?.kind).toBe('network'));
    store.mesh.set(REQUESTS, answeredBy('outage'), 15);
    const other = store.telemetry({ server: { url: forward.url } });
    const why = expect.stringMatching(/^Prometheus at http.* cannot be reached: /);
    const gone = await other.measure(
      canary,
      metricOf(canary, 'request-success-rate'),
      0,
      Date.now(),
    );
    expect(gone).toEqual({ kind: 'error', outage: true, why });
    forward.mend();
    await store.until(swept, canary, (m) => expect(m).toEqual(counted([15, 0])));
    await forward.close();
  });
});

/** A way to Prometheus that counts requests and can be cut. */
async function forwarding(to: string) {
  let requests = 0;
  let isCut = false;
  const server = http.createServer((request, response) => {
    requests++;
    if (isCut) {
      response.socket?.destroy();
      return;
    }
    const { method, headers, url } = request;
    const onward = http.request(`${to}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => requests,
    cut: () => (isCut = true),
    mend: () => (isCut = false),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
