import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { SweptTelemetry, TelemetryOptions } from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { Measurement } from '../../src/ports/telemetry.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { type PrometheusServer, startPrometheus } from '../../src/sandbox/prometheus.ts';
import { aCanary, metricOf } from './canary.ts';
import { MeshMetrics } from './mesh-metrics.ts';
import { OpenedTelemetry } from './telemetry.ts';

export const REQUESTS = 'istio_requests_total';
export const OPENED = 'istio_tcp_connections_opened_total';
export const CLOSED = 'istio_tcp_connections_closed_total';
export const BUCKETS = 'istio_request_duration_milliseconds_bucket';
export const DURATIONS = 'istio_request_duration_milliseconds_count';

/** A canary of a workload of its own, so that tests do not count each other's requests. */
export function canaryOf(name: string, metrics: object[] = BOTH, spec: object = {}): Canary {
  return aCanary({
    metadata: { name },
    spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, ...spec },
    analysis: { metrics },
  });
}

const BOTH = [
  { name: 'request-success-rate', thresholdRange: { min: 99 } },
  { name: 'request-duration', thresholdRange: { max: 500 } },
];

/** Of a canary whose routes divide connections. */
export const OVER_TCP = { service: { port: 5432, appProtocol: 'tcp' } };

/** What a success rate must be computed from: requests and failures of both versions. */
export function counted(canary: [number, number], primary: [number, number] = [0, 0]) {
  return expect.objectContaining({
    kind: 'value',
    counts: {
      canary: { requests: canary[0], bad: canary[1] },
      primary: { requests: primary[0], bad: primary[1] },
    },
  });
}

/** A real Prometheus for the tests of a file, which scrapes what they put into `mesh`. */
export class ScrapedMesh {
  readonly mesh = new MeshMetrics();
  #prometheus!: PrometheusServer;
  readonly #opened = new OpenedTelemetry();

  /** @param rules files of recording rules. */
  constructor(rules: readonly string[] = []) {
    beforeAll(() => this.#start(rules));
    afterAll(async () => {
      await this.#prometheus.stop();
      await this.mesh.close();
    });
  }

  get url(): string {
    return this.#prometheus.url;
  }

  /** The first value of an instant query. */
  async ask(query: string): Promise<string | undefined> {
    const url = `${this.url}/api/v1/query?query=${encodeURIComponent(query)}`;
    const { data } = (await (await fetch(url)).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    return data.result[0]?.value[1];
  }

  telemetry(options: Partial<TelemetryOptions> = {}): SweptTelemetry {
    return this.#opened.to({ url: this.url }, options);
  }

  /** Watches a canary, and comes back when it has been swept. */
  async watching(canary: Canary): Promise<SweptTelemetry> {
    const swept = this.telemetry();
    swept.setActive([canary]);
    await this.until(swept, canary, () => {
      if (swept.ageMs(Date.now()) === undefined) throw new Error('no sweep has succeeded yet');
    });
    return swept;
  }

  /** Sweeps and measures until what is expected holds. */
  async until(
    swept: SweptTelemetry,
    canary: Canary,
    expected: (measured: Measurement) => void,
    metric = 'request-success-rate',
    since = 0,
  ): Promise<void> {
    const check = async () => {
      await swept.sweep(Date.now());
      expected(await swept.measure(canary, metricOf(canary, metric), since, Date.now()));
    };
    await vi.waitFor(check, { timeout: 30_000, interval: 100 });
  }

  /** Only when the store has scraped for a while can a sweep tell how often it does. */
  async #start(rules: readonly string[]): Promise<void> {
    const program = await findProgram('prometheus');
    const jobs = { mesh: [await this.mesh.listen()] };
    this.#prometheus = await startPrometheus({ program, jobs, scrapeIntervalMs: 200, rules });
    const scraped = async () => {
      const samples = Number(await this.ask('max(count_over_time(up[10s]))'));
      if (!(samples >= 8)) throw new Error(`${samples} samples are too few to tell the interval`);
    };
    await vi.waitFor(scraped, 30_000);
  }
}
