import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  createTelemetry,
  type SweptTelemetry,
  type TelemetryOptions,
} from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { type PrometheusServer, startPrometheus } from '../../src/sandbox/prometheus.ts';
import { aCanary } from '../builders/canary.ts';
import { answeredBy, MeshMetrics } from '../builders/mesh-metrics.ts';

const REQUESTS = 'istio_requests_total';

const mesh = new MeshMetrics();
let prometheus: PrometheusServer;
const open: SweptTelemetry[] = [];

beforeAll(async () => {
  const program = await findProgram('prometheus');
  const jobs = { mesh: [await mesh.listen()] };
  prometheus = await startPrometheus({ program, jobs, scrapeIntervalMs: 200 });
  await vi.waitFor(async () => {
    expect(Number(await ask('max(count_over_time(up[10s]))'))).toBeGreaterThanOrEqual(8);
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
