import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { HttpRoute } from '../../src/sandbox/mesh/istio-resources.ts';
import { sidecarOf } from '../../src/sandbox/mesh/mesh-request.ts';
import { anyMatch } from '../../src/sandbox/mesh/request-match.ts';
import { behaviourOf } from '../../src/sandbox/workloads/behaviour.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';
import type { Requests } from './stage.ts';

export interface TrafficExporter {
  /** `host:port` to scrape. */
  readonly address: string;
  send(to: Requests): { stop(): void };
  close(): Promise<void>;
}

/**
 * Plays the proxies of a mesh for a cluster that has none: with each scrape the requests since the
 * last one are dealt out by the weights that the live VirtualService has, and fail as often as the
 * live template of the workload says, in the words of the sandbox (`SANDBOX_ERRORS: 30%`).
 */
export async function startTrafficExporter(api: RawApi): Promise<TrafficExporter> {
  const senders = new Map<symbol, Requests>();
  const counters = new Map<string, number>();
  let last = performance.now();
  let scrapes = 0;

  const server = http.createServer((_request, response) => {
    scrape().then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    send(to) {
      const key = Symbol(to.service);
      senders.set(key, to);
      return { stop: () => void senders.delete(key) };
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  async function scrape(): Promise<string> {
    const [virtualServices, deployments] = await Promise.all([
      api.list<VirtualService>('/apis/networking.istio.io/v1/virtualservices'),
      api.list<Deployment>('/apis/apps/v1/deployments'),
    ]);
    const seconds = (performance.now() - last) / 1000;
    last = performance.now();
    scrapes += 1;
    for (const to of senders.values()) {
      for (const { host, share } of destinationsOf(to, virtualServices)) {
        const requests = seconds * to.requestsPerSecond * share;
        answer(to.namespace, workloadOf(host), requests, deployments);
      }
    }
    return [...counters].map(([series, value]) => `${series} ${value}\n`).join('') + convergence();
  }

  function answer(
    namespace: string,
    workload: string,
    requests: number,
    deployments: readonly Deployment[],
  ): void {
    if (requests === 0) return;
    const live = deployments.find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === workload,
    );
    const { errors, latency } = behaviourOf({}, environmentOf(live));
    const failed = requests * (errors?.share ?? 0);
    const good = labels(namespace, workload, 200);
    add(`istio_requests_total{${good}}`, requests - failed);
    if (failed > 0) {
      add(`istio_requests_total{${labels(namespace, workload, errors?.status ?? 500)}}`, failed);
    }
    for (const bucket of BUCKETS) {
      const within = latency.meanMs <= bucket ? requests - failed : 0;
      const le = bucket === Infinity ? '+Inf' : String(bucket);
      add(`istio_request_duration_milliseconds_bucket{${good},le="${le}"}`, within);
    }
  }

  function add(series: string, value: number): void {
    counters.set(series, (counters.get(series) ?? 0) + value);
  }

  /** istiod pushes in no time: nothing here has proxies to reach. */
  function convergence(): string {
    const buckets = ['0.1', '0.5', '+Inf'];
    return buckets
      .map((le) => `pilot_proxy_convergence_time_bucket{le="${le}"} ${scrapes}\n`)
      .join('');
  }
}

const BUCKETS = [5, 10, 25, 50, 100, 250, 500, 1000, 5000, Infinity];

type VirtualService = KubeObject & { spec: { http?: HttpRoute[] } };

interface Share {
  readonly host: string;
  /** Of all requests. */
  readonly share: number;
}

/** Where requests go, copies included; the Service of one version is called directly. */
function destinationsOf(
  { namespace, service, headers = {} }: Requests,
  virtualServices: readonly VirtualService[],
): Share[] {
  const found = virtualServices.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === service,
  );
  if (found === undefined)
    return /-(canary|primary)$/.test(service) ? [{ host: service, share: 1 }] : [];
  const request = { method: 'GET', path: '/', authority: service, headers };
  const caller = sidecarOf('people', namespace);
  const taken = found.spec.http?.find(({ match = [] }) => anyMatch(match)(request, caller));
  const { route = [], mirror, mirrorPercentage = { value: 100 } } = taken ?? {};
  const answering = route.map(({ destination, weight = 100 }) => ({
    host: destination.host,
    share: weight / 100,
  }));
  if (mirror === undefined) return answering;
  return [...answering, { host: mirror.host, share: (mirrorPercentage.value ?? 100) / 100 }];
}

type Deployment = KubeObject & {
  spec: {
    template: { spec: { containers: { env?: { name: string; value?: string }[] }[] } };
  };
};

/** `web-canary` leads to the pods of the target, `web-primary` to those of the primary. */
function workloadOf(host: string): string {
  return (host.split('.')[0] ?? host).replace(/-canary$/, '');
}

function environmentOf(deployment: Deployment | undefined): Record<string, string> {
  const entries = deployment?.spec.template.spec.containers.flatMap(({ env = [] }) => env) ?? [];
  return Object.fromEntries(entries.map(({ name, value = '' }) => [name, value]));
}

function labels(namespace: string, workload: string, code: number): string {
  const pairs = {
    reporter: 'destination',
    destination_workload: workload,
    destination_workload_namespace: namespace,
    destination_service_name: workload,
    destination_service_namespace: namespace,
    request_protocol: 'http',
    response_code: code,
    grpc_response_status: '',
    response_flags: '-',
  };
  return Object.entries(pairs)
    .map(([label, value]) => `${label}="${value}"`)
    .join(',');
}
