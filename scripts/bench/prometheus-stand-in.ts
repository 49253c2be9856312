import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Place } from './fleet.ts';
import { BUCKETS, FASTEST_BUCKET_WITH_ALL, type PlayedMesh } from './mesh-exporter.ts';
import { CALLERS, PODS, type PlayedTraffic } from './played-traffic.ts';

export interface PrometheusStandIn extends PlayedMesh {
  readonly url: string;
}

/**
 * Answers the queries of a sweep at once, with as many series and as many bytes as a Prometheus that
 * scrapes the mesh exporter. It knows these queries by their words and no others: a real Prometheus
 * with the series of a thousand canaries would need both cores of a small machine for itself.
 */
export async function startPrometheusStandIn(
  places: readonly Place[],
  traffic: PlayedTraffic,
): Promise<PrometheusStandIn> {
  const workloads = places.flatMap(({ namespace, name }) => [
    new Workload(traffic, namespace, name, 'canary'),
    new Workload(traffic, namespace, name, 'primary'),
  ]);

  function answer(form: URLSearchParams): string {
    const query = form.get('query') ?? '';
    if (query.includes('"fact"')) return success('vector', facts(workloads));
    const kind = KINDS.find(({ words }) => words.every((word) => query.includes(word)));
    if (kind === undefined) return success('matrix', []);
    const asked = namedIn(query);
    const times = timesOf(form);
    const series = workloads
      .filter(({ name }) => asked === undefined || asked.has(name))
      .flatMap((workload) => kind.series(workload, times));
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
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** One version of a canary, and what it has answered until some moment, in whole requests. */
class Workload {
  readonly namespace: string;
  readonly name: string;
  readonly #traffic: PlayedTraffic;
  readonly #canary: string;
  readonly #version: 'primary' | 'canary';

  constructor(
    traffic: PlayedTraffic,
    namespace: string,
    canary: string,
    version: 'primary' | 'canary',
  ) {
    this.namespace = namespace;
    this.name = version === 'primary' ? `${canary}-primary` : canary;
    this.#traffic = traffic;
    this.#canary = canary;
    this.#version = version;
  }

  succeeded(at: number): number {
    const requests = this.#traffic.requests(this.#canary, at);
    const failed = this.#version === 'canary' ? requests.failed : 0;
    return ofAllPods(requests[this.#version] - failed);
  }

  failed(at: number): number {
    if (this.#version === 'primary') return 0;
    return ofAllPods(this.#traffic.requests(this.#canary, at).failed);
  }
}

function ofAllPods(requests: number): number {
  return Math.round(requests * PODS * CALLERS);
}

interface Times {
  /** Milliseconds since 1970. */
  readonly each: readonly number[];
  readonly stepMs: number;
}

interface Kind {
  /** What its query says and those before it in the list do not. */
  readonly words: readonly string[];
  readonly series: (workload: Workload, times: Times) => string[];
}

const KINDS: readonly Kind[] = [
  { words: ['reporter="source"'], series: () => [] },
  { words: ['count(up)'], series: () => [] },
  {
    words: ['_bucket', 'last_over_time'],
    series: (of, times) => buckets(of, grown(times, succeeded(of))),
  },
  {
    words: ['_bucket'],
    series: (of, { each }) =>
      buckets(
        of,
        each.map((at) => [at, of.succeeded(at)]),
      ),
  },
  {
    words: ['_count'],
    series: (of, times) => counts(of, grown(times, succeeded(of))),
  },
  {
    words: ['istio_requests_total'],
    series: (of, times) => [
      ...requests(of, '200', grown(times, succeeded(of))),
      ...requests(
        of,
        '500',
        grown(times, (at) => of.failed(at)),
      ),
    ],
  },
];

function succeeded(of: Workload): (at: number) => number {
  return (at) => of.succeeded(at);
}

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

/** Two samples in ten seconds, of every workload too; fast scrapes, pushes within a tenth of a second. */
function facts(workloads: readonly Workload[]): string[] {
  const found = { samples: 2, scrape: 0.1, convergence: 0.1 };
  const now = Date.now() / 1000;
  return [
    ...Object.entries(found).map(
      ([fact, value]) => `{"metric":{"fact":"${fact}"},"value":[${now},"${value}"]}`,
    ),
    ...workloads.map(
      ({ namespace, name }) =>
        `{"metric":{"fact":"scrapes","destination_workload_namespace":"${namespace}","destination_workload":"${name}"},"value":[${now},"12"]}`,
    ),
  ];
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
