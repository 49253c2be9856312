import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Place } from './fleet.ts';
import {
  BUCKETS,
  CALLERS,
  FASTEST_BUCKET_WITH_ALL,
  PODS,
  RATE,
  type PlayedMesh,
} from './mesh-exporter.ts';

export interface PrometheusStandIn extends PlayedMesh {
  readonly url: string;
}

/**
 * Answers the queries of a sweep at once, with as many series and as many bytes as a Prometheus that
 * scrapes the mesh exporter. It knows these queries by their words and no others: a real Prometheus
 * with the series of a thousand canaries would need both cores of a small machine for itself.
 */
export async function startPrometheusStandIn(places: readonly Place[]): Promise<PrometheusStandIn> {
  const flow = new Flow();
  const workloads = places.flatMap(({ namespace, name }) => [
    { namespace, name, version: 'canary' as const },
    { namespace, name: `${name}-primary`, version: 'primary' as const },
  ]);

  function answer(form: URLSearchParams): string {
    const query = form.get('query') ?? '';
    if (query.includes('"fact"')) return success('vector', facts());
    const kind = KINDS.find(({ words }) => words.every((word) => query.includes(word)));
    if (kind === undefined) return success('matrix', []);
    const asked = namedIn(query);
    const times = timesOf(form);
    const series = workloads
      .filter(({ name }) => asked === undefined || asked.has(name))
      .flatMap((workload) => kind.series(workload, times, flow));
    return success('matrix', series);
  }

  async function respond(request: http.IncomingMessage, response: http.ServerResponse) {
    const form = new URLSearchParams(await text(request));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(answer(form));
  }

  const server = http.createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    name: 'a stand-in for Prometheus answers every query at once',
    setCanaryShare: (share) => flow.turn(share),
    fail: (failed) => flow.fail(failed),
    failureSamples: () => flow.failureSamples,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly version: 'primary' | 'canary';
}

interface Times {
  /** Milliseconds since 1970. */
  readonly each: readonly number[];
  readonly stepMs: number;
}

/** How many requests every workload has had, and how they ended. */
class Flow {
  readonly #began = Date.now();
  readonly #failing = new Set<string>();
  readonly #samples = new Set<number>();
  #failedFrom = Infinity;
  #turns: { at: number; share: number }[] = [{ at: this.#began, share: 0 }];

  turn(share: number): void {
    this.#turns.push({ at: Date.now(), share });
  }

  fail(places: readonly Place[]): void {
    this.#failedFrom = Date.now();
    for (const { name } of places) this.#failing.add(name);
  }

  /** The times that were asked for since, each once. */
  get failureSamples(): number[] {
    return [...this.#samples].toSorted((a, b) => a - b);
  }

  /** Successful ones until a time. */
  succeeded({ name, version }: Workload, at: number): number {
    const until = this.#failing.has(name) ? Math.min(at, this.#failedFrom) : at;
    return this.#total(version, until);
  }

  /** Failed ones until a time. */
  failed(workload: Workload, at: number): number {
    if (at > this.#failedFrom) this.#samples.add(at);
    return this.#total(workload.version, at) - this.succeeded(workload, at);
  }

  /** In whole requests. */
  #total(version: Workload['version'], at: number): number {
    const spans = this.#turns.map(({ at: from, share }, i) => {
      const until = Math.min(at, this.#turns[i + 1]?.at ?? Infinity);
      return Math.max(0, until - from) * (version === 'primary' ? 1 : share);
    });
    const ms = spans.reduce((sum, span) => sum + span, 0);
    return Math.round((ms / 1000) * RATE * PODS * CALLERS);
  }
}

interface Kind {
  /** What its query says and those before it in the list do not. */
  readonly words: readonly string[];
  readonly series: (workload: Workload, times: Times, flow: Flow) => string[];
}

const KINDS: readonly Kind[] = [
  { words: ['reporter="source"'], series: () => [] },
  { words: ['count(up)'], series: () => [] },
  {
    words: ['_bucket', 'last_over_time'],
    series: (of, times, flow) =>
      buckets(
        of,
        grown(times, (at) => flow.succeeded(of, at)),
      ),
  },
  {
    words: ['_bucket'],
    series: (of, { each }, flow) =>
      buckets(
        of,
        each.map((at) => [at, flow.succeeded(of, at)]),
      ),
  },
  {
    words: ['_count'],
    series: (of, times, flow) =>
      counts(
        of,
        grown(times, (at) => flow.succeeded(of, at)),
      ),
  },
  {
    words: ['istio_requests_total'],
    series: (of, times, flow) => [
      ...requests(
        of,
        '200',
        grown(times, (at) => flow.succeeded(of, at)),
      ),
      ...requests(
        of,
        '500',
        grown(times, (at) => flow.failed(of, at)),
      ),
    ],
  },
];

type Value = readonly [at: number, count: number];

function grown({ each, stepMs }: Times, total: (at: number) => number): Value[] {
  return each.map((at) => [at, total(at) - total(at - stepMs)]);
}

function buckets(of: Workload, values: readonly Value[]): string[] {
  return BUCKETS.map((le) => {
    const isEmpty = Number(le) < FASTEST_BUCKET_WITH_ALL;
    return series(of, `,"le":"${le}"`, isEmpty ? values.map(([at]) => [at, 0]) : values);
  });
}

/** The query leaves out what did not grow. */
function counts(of: Workload, values: readonly Value[]): string[] {
  const more = values.filter(([, count]) => count > 0);
  return more.length === 0 ? [] : [series(of, '', more)];
}

/** Of failures there is no series before the first. */
function requests(of: Workload, code: string, values: readonly Value[]): string[] {
  if (code !== '200' && values.every(([, count]) => count === 0)) return [];
  const labels = `,"request_protocol":"http","response_code":"${code}","grpc_response_status":"","response_flags":"-"`;
  return [series(of, labels, values)];
}

function series({ namespace, name }: Workload, labels: string, values: readonly Value[]): string {
  const metric = `"reporter":"destination","destination_workload_namespace":"${namespace}","destination_workload":"${name}"${labels}`;
  const pairs = values.map(([at, count]) => `[${at / 1000},"${count}"]`);
  return `{"metric":{${metric}},"values":[${pairs.join(',')}]}`;
}

/** Two samples in ten seconds, fast scrapes, pushes within a tenth of a second. */
function facts(): string[] {
  const found = { samples: 2, scrape: 0.1, convergence: 0.1 };
  return Object.entries(found).map(
    ([fact, value]) => `{"metric":{"fact":"${fact}"},"value":[${Date.now() / 1000},"${value}"]}`,
  );
}

function success(resultType: string, result: readonly string[]): string {
  return `{"status":"success","data":{"resultType":"${resultType}","result":[${result.join(',')}]}}`;
}

/** The workloads that the query names; undefined when it takes all. */
function namedIn(query: string): ReadonlySet<string> | undefined {
  const [, names] = /destination_workload=~"([^"]*)"/.exec(query) ?? [];
  return names === undefined ? undefined : new Set(names.split('|'));
}

function timesOf(form: URLSearchParams): Times {
  const [from, to, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name)) * 1000);
  const stepMs = step || 5000;
  const count = Math.floor(((to ?? 0) - (from ?? 0)) / stepMs) + 1;
  return { each: Array.from({ length: count }, (_, i) => (from ?? 0) + i * stepMs), stepMs };
}
