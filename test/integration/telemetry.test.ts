import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SweepReport } from '../../src/adapters/prometheus/sweep.ts';
import {
  createTelemetry,
  type SweptTelemetry,
  type TelemetryOptions,
} from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import { MetricTemplate } from '../../src/api/metric-template.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { type PrometheusServer, startPrometheus } from '../../src/sandbox/prometheus.ts';
import { aCanary } from '../builders/canary.ts';
import { answeredBy, MeshMetrics } from '../builders/mesh-metrics.ts';

const REQUESTS = 'istio_requests_total';
const BUCKETS = 'istio_request_duration_milliseconds_bucket';
const DURATIONS = 'istio_request_duration_milliseconds_count';

const mesh = new MeshMetrics();
let prometheus: PrometheusServer;
const open: SweptTelemetry[] = [];

beforeAll(async () => {
  const program = await findProgram('prometheus');
  const jobs = { mesh: [await mesh.listen()] };
  prometheus = await startPrometheus({ program, jobs, scrapeIntervalMs: 200 });
  await vi.waitFor(async () => {
    const samples = Number(await ask('max(count_over_time(up[10s]))'));
    if (!(samples >= 8)) throw new Error(`${samples} samples are too few to tell the interval`);
  }, 20_000);
});

afterEach(() => {
  for (const telemetry of open.splice(0)) telemetry.close();
});

afterAll(async () => {
  await prometheus.stop();
  await mesh.close();
});

/** The first value of an instant query. */
async function ask(query: string): Promise<string | undefined> {
  const url = `${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`;
  const { data } = (await (await fetch(url)).json()) as {
    data: { result: { value: [number, string] }[] };
  };
  return data.result[0]?.value[1];
}

function telemetry(options: Partial<TelemetryOptions> = {}): SweptTelemetry {
  const made = createTelemetry({
    server: { url: prometheus.url },
    clock: { now: Date.now },
    template: () => undefined,
    secret: () => Promise.resolve(undefined),
    ...options,
  });
  open.push(made);
  return made;
}

/** A canary of a workload of its own, so that tests do not count each other's requests. */
function canaryOf(name: string, metrics: object[] = BOTH): Canary {
  return aCanary({
    metadata: { name },
    spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
    analysis: { metrics },
  });
}

const BOTH = [
  { name: 'request-success-rate', thresholdRange: { min: 99 } },
  { name: 'request-duration', thresholdRange: { max: 500 } },
];

/** Watches a canary until the store has had a sample of everything there is, and its sweep too. */
async function watching(canary: Canary, options: Partial<TelemetryOptions> = {}) {
  const watched = telemetry(options);
  watched.setActive([canary]);
  await until(watched, canary, () => expect(watched.ageMs(Date.now())).toBeLessThan(2000));
  return watched;
}

/** Sweeps and measures until what is expected holds. */
async function until(
  swept: SweptTelemetry,
  canary: Canary,
  expected: (measured: Measurement) => void,
  metric = 'request-success-rate',
  since = 0,
): Promise<void> {
  const check = async () => {
    await swept.sweep(Date.now());
    expected(await swept.measure(canary, metric, since, Date.now()));
  };
  await vi.waitFor(check, { timeout: 20_000, interval: 100 });
}

const counted = (canary: [number, number], primary: [number, number] = [0, 0]) =>
  expect.objectContaining({
    kind: 'value',
    counts: {
      canary: { requests: canary[0], bad: canary[1] },
      primary: { requests: primary[0], bad: primary[1] },
    },
  });

describe('counters', () => {
  it('count the first value of a newborn series', async () => {
    const canary = canaryOf('newborn');
    mesh.set(REQUESTS, answeredBy('newborn-primary'), 1000);
    const watched = await watching(canary);
    mesh.set(REQUESTS, answeredBy('newborn', { response_code: '503' }), 7);
    await until(watched, canary, (measured) => {
      expect(measured).toMatchObject({ kind: 'value', value: 0 });
      expect(measured).toMatchObject({ counts: { canary: { requests: 7, bad: 7 } } });
    });
  });

  it('survive a reset, and a scrape that finds nothing', async () => {
    const canary = canaryOf('reset');
    const pod = answeredBy('reset');
    mesh.set(REQUESTS, pod, 100);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([100, 0])));
    mesh.set(REQUESTS, pod, 3);
    await until(watched, canary, (m) => expect(m).toEqual(counted([103, 0])));
    mesh.remove(REQUESTS, pod);
    await vi.waitFor(
      async () => expect(await ask(`${REQUESTS}{destination_workload="reset"}`)).toBe(undefined),
      10_000,
    );
    mesh.set(REQUESTS, pod, 5);
    await until(watched, canary, (m) => expect(m).toEqual(counted([105, 0])));
  });
});

describe('answers', () => {
  it('of several reporters are never added up', async () => {
    const canary = canaryOf('reporters');
    mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'source' }), 50);
    mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'destination' }), 40);
    mesh.set(REQUESTS, answeredBy('reporters', { reporter: 'waypoint' }), 30);
    mesh.set(REQUESTS, answeredBy('reporters-primary', { reporter: 'waypoint' }), 20);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([40, 0], [20, 0])));
  });

  it('that never came count as failed, those that the caller cancelled not at all', async () => {
    const canary = canaryOf('endings');
    const ending = (response_code: string, response_flags: string) =>
      answeredBy('endings', { response_code, response_flags });
    mesh.set(REQUESTS, ending('200', '-'), 100);
    mesh.set(REQUESTS, ending('0', '-'), 3);
    mesh.set(REQUESTS, ending('0', 'DC'), 20);
    mesh.set(REQUESTS, ending('404', '-'), 10);
    mesh.set(REQUESTS, ending('503', 'UF,URX'), 5);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([118, 8])));
  });

  it('of gRPC count by their status, also where a proxy made it up', async () => {
    const canary = canaryOf('grpc');
    const status = (grpc_response_status: string, response_flags = '-') =>
      answeredBy('grpc', { request_protocol: 'grpc', grpc_response_status, response_flags });
    mesh.set(REQUESTS, status('0'), 100);
    mesh.set(REQUESTS, status('5'), 10);
    mesh.set(REQUESTS, status('13'), 4);
    mesh.set(REQUESTS, status('14', 'UF'), 3);
    mesh.set(REQUESTS, status('1'), 50);
    mesh.set(REQUESTS, status('', 'DC'), 60);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([117, 7])));
  });

  it('that only callers could see are charged to the version whose Service they went to', async () => {
    const canary = canaryOf('dead');
    mesh.set(REQUESTS, answeredBy('dead-primary'), 90);
    const unreached = (service: string, response_flags: string, workload = 'unknown') =>
      answeredBy(workload, {
        reporter: 'source',
        destination_service_name: service,
        response_code: '503',
        response_flags,
      });
    mesh.set(REQUESTS, unreached('dead-canary', 'UH'), 6);
    mesh.set(REQUESTS, unreached('dead-canary', 'URX,UF', 'dead'), 4);
    mesh.set(REQUESTS, unreached('dead-primary', 'UO'), 1);
    mesh.set(REQUESTS, unreached('dead', 'NR'), 1000);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([10, 10], [91, 1])));
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
      mesh.set(BUCKETS, { ...answeredBy('latency'), le }, share * 10);
      // Failures are quick: they must not make the canary look good.
      mesh.set(BUCKETS, { ...answeredBy('latency', { response_code: '503' }), le }, 100_000);
    }
    const p99 = await vi.waitFor(async () => {
      const matching = 'destination_workload="latency",response_code="200"';
      const answer = await ask(`histogram_quantile(0.99, ${BUCKETS}{${matching}})`);
      expect(Number(answer)).toBeGreaterThan(100);
      return Number(answer);
    }, 10_000);
    const watched = await watching(canary);
    const expected = expect.objectContaining({ kind: 'value', value: expect.closeTo(p99, 6) });
    await until(watched, canary, (m) => expect(m).toEqual(expected), 'request-duration');
  });

  it('have durations that survive the end of a pod and the start of another', async () => {
    const canary = canaryOf('pods');
    const pod = (name: string) => ({ ...answeredBy('pods'), pod: name });
    const served = (name: string, quick: number, slow: number) => {
      mesh.set(DURATIONS, pod(name), quick + slow);
      mesh.set(BUCKETS, { ...pod(name), le: '100' }, quick);
      mesh.set(BUCKETS, { ...pod(name), le: '200' }, quick + slow);
      mesh.set(BUCKETS, { ...pod(name), le: '+Inf' }, quick + slow);
    };
    served('a', 1000, 0);
    const watched = await watching(canary);
    const p99 = (value: number) =>
      until(watched, canary, (m) => expect(m).toMatchObject({ value }), 'request-duration');
    await p99(99);
    mesh.remove(DURATIONS, pod('a'));
    for (const le of ['100', '200', '+Inf']) mesh.remove(BUCKETS, { ...pod('a'), le });
    // 1000 quick ones and 1000 slow ones, of which the new pod served 1000 in its first second.
    served('b', 0, 1000);
    await p99(198);
  });

  it('count only from the step on', async () => {
    const canary = canaryOf('since');
    mesh.set(REQUESTS, answeredBy('since', { response_code: '500' }), 1000);
    const watched = await watching(canary);
    await until(watched, canary, (m) => expect(m).toEqual(counted([1000, 1000])));
    const since = Date.now();
    const early = await watched.measure(canary, 'request-success-rate', since, since);
    expect(early).toEqual({ kind: 'no-data', why: 'no samples were taken since the step began' });
    // What comes within the block in which the step begins belongs to neither.
    const none = { kind: 'no-data', why: 'no requests reached since-canary in the last 1s' };
    const measured = 'request-success-rate';
    await until(watched, canary, (m) => expect(m).toEqual(none), measured, since);
    mesh.set(REQUESTS, answeredBy('since'), 9);
    await until(watched, canary, (m) => expect(m).toEqual(counted([9, 0])), measured, since);
  });

  it('that are none hold, and say so', async () => {
    const canary = canaryOf('quiet');
    const watched = await watching(canary);
    const why = expect.stringMatching(/^no requests reached quiet-canary in the last \d/);
    await until(watched, canary, (m) => expect(m).toEqual({ kind: 'no-data', why }));
    await until(watched, canary, (m) => expect(m.kind).toBe('no-data'), 'request-duration');
  });
});

describe('what people see', () => {
  it('is the traffic of both versions', async () => {
    const canary = canaryOf('traffic');
    const [one, other] = [answeredBy('traffic'), answeredBy('traffic-primary')];
    mesh.set(REQUESTS, one, 0);
    mesh.set(REQUESTS, other, 0);
    const watched = await watching(canary);
    await until(watched, canary, () => expect(watched.traffic(canary)).toBeDefined());
    mesh.set(REQUESTS, one, 60);
    mesh.set(REQUESTS, { ...other, response_code: '500' }, 12);
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

  it('is whether the mesh has ever seen the workload, and how fast istiod is', async () => {
    const canary = canaryOf('seen');
    mesh.set(REQUESTS, answeredBy('seen-primary'), 0);
    const bucket = 'pilot_proxy_convergence_time_bucket';
    const watched = await watching(canary);
    expect(watched.convergenceMs(canary)).toBe(2000);
    let pushes = 0;
    await vi.waitFor(
      async () => {
        pushes += 10;
        for (const le of ['0.5', '1', '+Inf']) mesh.set(bucket, { le }, pushes);
        await watched.sweep(Date.now());
        expect(await watched.isSeen(canary)).toBe(true);
        // All pushes took at most half a second.
        expect(watched.convergenceMs(canary)).toBeLessThanOrEqual(500);
      },
      { timeout: 20_000, interval: 300 },
    );
  });
});

describe('a metric with its own query', () => {
  const template = (query: string): Partial<TelemetryOptions> => ({
    template: (namespace, name) =>
      MetricTemplate.parse({
        apiVersion: 'linnet.dev/v1beta1',
        kind: 'MetricTemplate',
        metadata: { namespace, name },
        spec: { provider: { type: 'prometheus' }, query },
      }),
  });

  async function measured(query: string, metric: object = {}): Promise<Measurement> {
    const name = 'mine';
    const canary = canaryOf('templated', [{ name, templateRef: { name: 'any' }, ...metric }]);
    return telemetry(template(query)).measure(canary, name, 0, Date.now());
  }

  it('fills in what Flagger fills in', async () => {
    mesh.set(REQUESTS, answeredBy('templated'), 5);
    mesh.set(REQUESTS, answeredBy('templated-primary'), 9);
    await vi.waitFor(async () => {
      expect(await ask(`${REQUESTS}{destination_workload="templated-primary"}`)).toBe('9');
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

describe('the number of queries', () => {
  it.each([1, 300])('is six a sweep, and none a metric, for %d canaries', async (size) => {
    const forward = await forwarding(prometheus.url);
    const canaries = Array.from({ length: size }, (_, i) => canaryOf(`crowd-${i}`));
    for (const i of [0, size - 1]) mesh.set(REQUESTS, answeredBy(`crowd-${i}`), 10);
    const reports: SweepReport[] = [];
    const onSweep = (report: SweepReport) => void reports.push(report);
    const swept = telemetry({ server: { url: forward.url }, onSweep });
    swept.setActive(canaries);
    for (const canary of [canaries[0]!, canaries.at(-1)!]) {
      await until(swept, canary, (m) => expect(m).toEqual(counted([10, 0])));
    }
    for (const canary of canaries) {
      await swept.measure(canary, 'request-success-rate', 0, Date.now());
      await swept.measure(canary, 'request-duration', 0, Date.now());
    }
    expect(reports.filter(({ error }) => error !== undefined)).toEqual([]);
    // The very first needs one more: it must know the store before it can plan.
    expect(forward.count()).toBe(6 * reports.length + 1);
    await forward.close();
  });
});

describe('a store that goes away', () => {
  it('is an outage, not evidence, and is picked up where it was left', async () => {
    const forward = await forwarding(prometheus.url);
    const canary = canaryOf('outage');
    mesh.set(REQUESTS, answeredBy('outage'), 10);
    const reports: SweepReport[] = [];
    const onSweep = (report: SweepReport) => void reports.push(report);
    const swept = telemetry({ server: { url: forward.url }, onSweep });
    await until(swept, canary, (m) => expect(m).toEqual(counted([10, 0])));
    forward.cut();
    await until(swept, canary, () => expect(reports.at(-1)?.error?.kind).toBe('network'));
    mesh.set(REQUESTS, answeredBy('outage'), 15);
    const other = telemetry({ server: { url: forward.url } });
    const why = expect.stringMatching(/^Prometheus at http.* cannot be reached: /);
    const gone = await other.measure(canary, 'request-success-rate', 0, Date.now());
    expect(gone).toEqual({ kind: 'error', outage: true, why });
    forward.mend();
    await until(swept, canary, (m) => expect(m).toEqual(counted([15, 0])));
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
