import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Place } from './fleet.ts';

/** A mesh that is played, as far as it is counted. */
export interface PlayedMesh {
  /** How it is observed, for the table's heading. */
  readonly name: string;
  /** Whether the canaries get requests, as a share of those to their primaries; 0: none. */
  setCanaryShare(share: number): void;
  /** From now on every request to these canaries fails. */
  fail(places: readonly Place[]): void;
  /** When it was sampled, from the first sample that shows a failure on; milliseconds since 1970. */
  failureSamples(): readonly number[];
  close(): Promise<void>;
}

export interface MeshExporter extends PlayedMesh {
  /** `host:port` to scrape. */
  readonly address: string;
}

/** Pods of each version, and workloads that call it: each pair has its own series. */
export const PODS = 3;
export const CALLERS = 3;
/** Requests that one pod gets from one caller in a second. */
export const RATE = 5;
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
 * buckets. All canaries fare alike, so that a scrape is one text with many names.
 */
export async function startMeshExporter(
  places: readonly Place[],
  scrapeMs: number,
): Promise<MeshExporter> {
  const requests = { primary: 0, canary: 0 };
  const failing = new Set<string>();
  const failureSamples: number[] = [];
  let beforeFailure = 0;
  let share = 0;
  let last = performance.now();

  function scrape(response: http.ServerResponse): void {
    const now = performance.now();
    const grown = ((now - last) / 1000) * RATE;
    last = now;
    requests.primary += grown;
    requests.canary += grown * share;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    if (failing.size > 0) failureSamples.push(Date.now());
    const healthy = pageOf(requests);
    const failed = pageOf(requests, requests.canary - beforeFailure);
    for (const { namespace, name } of places) {
      const page = failing.has(name) ? failed : healthy;
      response.write(page.replaceAll(NAME, name).replaceAll(NAMESPACE, namespace));
    }
    response.end(convergence(now));
  }

  const server = http.createServer((_request, response) => scrape(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const series = (pageOf(requests).split('\n').length - 1) * places.length;
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    name: `Prometheus holds ${series} series, scraped every ${scrapeMs / 1000} s`,
    setCanaryShare: (wanted) => void (share = wanted),
    fail(failed) {
      beforeFailure = requests.canary;
      for (const { name } of failed) failing.add(name);
    },
    failureSamples: () => failureSamples,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const NAME = '\u0001';
const NAMESPACE = '\u0002';

/**
 * The series of one canary, whose name and namespace are yet to be filled in; so many of its requests
 * failed.
 */
function pageOf(requests: { primary: number; canary: number }, failed = 0): string {
  const lines: string[] = [];
  for (const [version, suffix] of [
    ['primary', '-primary'],
    ['canary', ''],
  ] as const) {
    const workload = `${NAME}${suffix}`;
    const service = `${NAME}-${version}`;
    const bad = version === 'canary' ? failed : 0;
    const byCode = { '200': requests[version] - bad, ...(bad > 0 ? { '500': bad } : {}) };
    for (let caller = 0; caller < CALLERS; caller++) {
      for (const [code, count] of Object.entries(byCode)) {
        const of = labels(workload, service, `caller-${caller}`, code);
        for (let pod = 0; pod < PODS; pod++) {
          lines.push(...series(`reporter="destination",pod="${workload}-${pod}",${of}`, count));
        }
        lines.push(...series(`reporter="source",pod="caller-${caller}-0",${of}`, count * PODS));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

function series(of: string, requests: number): string[] {
  const whole = Math.round(requests);
  const buckets = BUCKETS.map((le) => {
    const within = Number(le) < FASTEST_BUCKET_WITH_ALL ? 0 : whole;
    return `${DURATION}_bucket{${of},le="${le}"} ${within}`;
  });
  return [
    `istio_requests_total{${of}} ${whole}`,
    ...buckets,
    `${DURATION}_count{${of}} ${whole}`,
    `${DURATION}_sum{${of}} ${whole * MEAN_MS}`,
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
