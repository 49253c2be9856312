import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Place } from './fleet.ts';
import { CALLERS, PODS, type PlayedTraffic, type Requests } from './played-traffic.ts';

/** How a played mesh is observed. */
export interface PlayedMesh {
  /** For the table's heading. */
  readonly name: string;
  close(): Promise<void>;
}

export interface MeshExporter extends PlayedMesh {
  /** `host:port` to scrape. */
  readonly address: string;
}

/** Every bucket that Istio's proxies export. */
export const BUCKETS: readonly string[] =
  '0.5 1 5 10 25 50 100 250 500 1000 2500 5000 10000 30000 60000 300000 600000 1800000 3600000 +Inf'.split(
    ' ',
  );
/** All requests take between 25 and 50 ms. */
export const FASTEST_BUCKET_WITH_ALL = 50;
const MEAN_MS = 40;
const DURATION = 'istio_request_duration_milliseconds';

/**
 * Plays the proxies of a mesh with so many canaries: for each version what the sidecars of its three
 * pods report of three callers, and what the callers' sidecars report of it, with Istio's labels and
 * buckets.
 */
export async function startMeshExporter(
  places: readonly Place[],
  traffic: PlayedTraffic,
  scrapeMs: number,
): Promise<MeshExporter> {
  const [healthy, failing] = [new Form(formOf(false)), new Form(formOf(true))];

  function scrape(response: http.ServerResponse): void {
    const now = Date.now();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    for (const place of places) {
      const requests = traffic.requests(place.name, now);
      const form = requests.failed > 0 ? failing : healthy;
      response.write(form.filled(valuesOf(place, requests)));
    }
    response.end(convergence(now));
  }

  const server = http.createServer((_request, response) => scrape(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    name: `Prometheus holds ${healthy.lines * places.length} series, scraped every ${scrapeMs / 1000} s`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What differs between canaries, each by a character that the text has nowhere else. */
const NAME = '\ue0f0';
const NAMESPACE = '\ue0f1';
const GAPS = /[\ue000-\ue0ff]/;

type Answers = 'primary' | 'canary' | 'failed';
const ANSWERS: readonly Answers[] = ['primary', 'canary', 'failed'];

/** Of one caller, by the pod that answers or, at the caller, by all of them; how many, or how long. */
function gap(answers: Answers, isAtCaller: boolean, isSum: boolean): string {
  return String.fromCharCode(
    0xe000 + ANSWERS.indexOf(answers) * 4 + (isAtCaller ? 2 : 0) + (isSum ? 1 : 0),
  );
}

function valuesOf({ name, namespace }: Place, requests: Requests): Map<string, string> {
  const values = new Map([
    [NAME, name],
    [NAMESPACE, namespace],
  ]);
  const succeeded = { ...requests, canary: requests.canary - requests.failed };
  for (const answers of ANSWERS) {
    for (const isAtCaller of [false, true]) {
      const count = Math.round(succeeded[answers] * (isAtCaller ? PODS : 1));
      values.set(gap(answers, isAtCaller, false), String(count));
      values.set(gap(answers, isAtCaller, true), String(count * MEAN_MS));
    }
  }
  return values;
}

/** A text with gaps, filled in once for each canary. */
class Form {
  readonly #texts: readonly string[];
  readonly #gaps: readonly string[];
  readonly lines: number;

  constructor(text: string) {
    this.#texts = text.split(GAPS);
    this.#gaps = text.match(new RegExp(GAPS, 'g')) ?? [];
    this.lines = text.split('\n').length - 1;
  }

  filled(values: ReadonlyMap<string, string>): string {
    let text = this.#texts[0]!;
    for (const [i, gap] of this.#gaps.entries()) text += values.get(gap)! + this.#texts[i + 1]!;
    return text;
  }
}

/** The series of one canary. */
function formOf(isFailing: boolean): string {
  const lines: string[] = [];
  for (const [version, suffix] of [
    ['primary', '-primary'],
    ['canary', ''],
  ] as const) {
    const workload = `${NAME}${suffix}`;
    const service = `${NAME}-${version}`;
    const codes: [string, Answers][] = [['200', version]];
    if (isFailing && version === 'canary') codes.push(['500', 'failed']);
    for (let caller = 0; caller < CALLERS; caller++) {
      for (const [code, answers] of codes) {
        const of = labels(workload, service, `caller-${caller}`, code);
        for (let pod = 0; pod < PODS; pod++) {
          lines.push(...series(`reporter="destination",pod="${workload}-${pod}",${of}`, answers));
        }
        lines.push(...series(`reporter="source",pod="caller-${caller}-0",${of}`, answers, true));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function series(of: string, answers: Answers, isAtCaller = false): string[] {
  const count = gap(answers, isAtCaller, false);
  const buckets = BUCKETS.map((le) => {
    const within = Number(le) < FASTEST_BUCKET_WITH_ALL ? 0 : count;
    return `${DURATION}_bucket{${of},le="${le}"} ${within}`;
  });
  return [
    `istio_requests_total{${of}} ${count}`,
    ...buckets,
    `${DURATION}_count{${of}} ${count}`,
    `${DURATION}_sum{${of}} ${gap(answers, isAtCaller, true)}`,
  ];
}

/** As Istio's proxies label them. */
function labels(workload: string, service: string, caller: string, code: string): string {
  const pairs = {
    source_workload: caller,
    source_workload_namespace: NAMESPACE,
    source_principal: `spiffe://cluster.local/ns/${NAMESPACE}/sa/${caller}`,
    source_app: caller,
    source_version: 'v1',
    source_canonical_service: caller,
    source_canonical_revision: 'v1',
    source_cluster: 'Kubernetes',
    destination_workload: workload,
    destination_workload_namespace: NAMESPACE,
    destination_principal: `spiffe://cluster.local/ns/${NAMESPACE}/sa/default`,
    destination_app: workload,
    destination_version: 'v1',
    destination_service: `${service}.${NAMESPACE}.svc.cluster.local`,
    destination_service_name: service,
    destination_service_namespace: NAMESPACE,
    destination_canonical_service: workload,
    destination_canonical_revision: 'v1',
    destination_cluster: 'Kubernetes',
    request_protocol: 'http',
    response_code: code,
    grpc_response_status: '',
    response_flags: '-',
    connection_security_policy: 'mutual_tls',
  };
  return Object.entries(pairs)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
}

/** istiod pushes every change within half a second. */
function convergence(now: number): string {
  return ['0.1', '0.5', '+Inf']
    .map((le) => {
      const pushes = le === '0.1' ? 0 : Math.round(now / 1000);
      return `pilot_proxy_convergence_time_bucket{le="${le}"} ${pushes}\n`;
    })
    .join('');
}
