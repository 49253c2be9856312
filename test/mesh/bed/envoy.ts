import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import { awaitReady, startServer, type ServerProcess } from '../../cluster/kube/server-process.ts';
import { ISTIOD } from './istiod.ts';

export interface ProxyOptions {
  readonly kind: 'router' | 'sidecar';
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** On 127.0.0.1: its statistics, under `/stats/prometheus`. */
  readonly adminPort: number;
  /** Of shared memory: one number a process. */
  readonly baseId: number;
}

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Starts a proxy that takes its configuration from istiod; resolves when it has one. */
export async function startProxy(
  program: string,
  directory: string,
  options: ProxyOptions,
): Promise<ServerProcess> {
  const { name, adminPort, baseId } = options;
  const bootstrap = path.join(directory, `${name}.json`);
  writeFileSync(bootstrap, JSON.stringify(bootstrapOf(options)));
  const args = [
    '-c',
    bootstrap,
    '--concurrency',
    '1',
    '--base-id',
    String(baseId),
    '-l',
    'warning',
  ];
  const log = path.join(directory, `${name}.log`);
  const server = startServer(name, program, args, log);
  await awaitReady(server, START_TIMEOUT_MS, (signal) => untilReady(adminPort, signal));
  return server;
}

async function untilReady(adminPort: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await request(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return;
    await delay(POLL_MS);
  }
}

function bootstrapOf({ kind, name, namespace, address, labels, adminPort }: ProxyOptions): object {
  const fromIstiod = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };
  return {
    node: {
      id: `${kind}~${address}~${name}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: `${name}.${namespace}`,
      metadata: {
        NAMESPACE: namespace,
        LABELS: labels,
        CLUSTER_ID: 'Kubernetes',
        INSTANCE_IPS: address,
      },
    },
    admin: { address: socketAddress(adminPort) },
    // Histograms are merged this often; Istio's default is 5 s.
    stats_flush_interval: '1s',
    dynamic_resources: {
      lds_config: fromIstiod,
      cds_config: fromIstiod,
      ads_config: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: XDS } }],
      },
    },
    static_resources: { clusters: [xdsCluster()] },
    stats_config: {
      // The whole name of a cluster, `outbound|PORT|SUBSET|HOST`, which holds dots.
      stats_tags: [{ tag_name: 'cluster_name', regex: String.raw`^cluster(\.(.+);)` }],
      stats_matcher: { inclusion_list: { patterns: [{ safe_regex: { regex: COUNTED } }] } },
    },
  };
}

/** Answers by status, and how long they took: of Services only. */
const COUNTED = String.raw`cluster\.outbound\|.*;\.upstream_rq_(\d\d\d|time)`;

const XDS = 'xds';

function xdsCluster(): object {
  return {
    name: XDS,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
    load_assignment: {
      cluster_name: XDS,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(ISTIOD.xds) } }] }],
    },
  };
}

function socketAddress(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
