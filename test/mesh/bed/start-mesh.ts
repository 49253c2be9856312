import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { MeshBinaries } from '../../../scripts/cluster/mesh-binaries.ts';
import { connectApi, type RawApi } from '../../cluster/kube/api-client.ts';
import type { ClusterFacts } from '../../cluster/kube/cluster.ts';
import { freePorts } from '../../cluster/kube/free-ports.ts';
import type { ServerProcess } from '../../cluster/kube/server-process.ts';
import { startCluster } from '../../cluster/kube/start-cluster.ts';
import { startMeshKubelet } from '../pods/kubelet.ts';
import { startProxy } from './envoy.ts';
import { createGateway, GATEWAY_LABELS } from './gateway.ts';
import { INJECTION_FLAGS, injectSidecars } from './injection.ts';
import { prepareRootNamespace, ROOT_NAMESPACE, startIstiod } from './istiod.ts';
import { startMeshPrometheus } from './metrics.ts';
import { keepNames } from './names.ts';
import { NETWORK } from './network.ts';

/** How tests reach the mesh: plain data. */
export interface MeshFacts {
  readonly cluster: ClusterFacts;
  /** Scrapes every second, so that a scenario is short. */
  readonly prometheusUrl: string;
  /** Scrapes every five seconds, as people do. */
  readonly usualPrometheusUrl: string;
  /** Takes `POST /istiod/stop` and `POST /istiod/start`, and answers when that is done. */
  readonly controlUrl: string;
}

export interface RunningMesh {
  readonly facts: MeshFacts;
  stop(): Promise<void>;
}

/**
 * Starts a whole mesh: a cluster whose pods are processes, istiod, a gateway and a sidecar (Envoy),
 * and a Prometheus that scrapes what these two routed. Only in a network of its own; `names` is the
 * hosts file there.
 */
export async function startMesh(
  binaries: MeshBinaries,
  crdFiles: string[],
  names: string,
): Promise<RunningMesh> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const podStates = path.join(path.dirname(names), 'pods');
    const cluster = await startCluster(binaries, crdFiles, {
      apiserverFlags: INJECTION_FLAGS,
      autoscaler: true,
      kubelet: (api, report) => startMeshKubelet(api, report, podStates),
    });
    undo.push(() => cluster.stop());
    const { directory, kubeconfigPath, connection } = cluster.facts;
    const api = connectApi(connection, 'mesh');
    undo.push(() => api.close());
    const keeper = keepNames(api, names);
    undo.push(() => keeper.stop());
    await prepare(api);

    const istiod = new Istiod(() => startIstiod(binaries.istiod, kubeconfigPath, directory));
    undo.push(() => istiod.stop());
    await istiod.start();
    const [gatewayAdmin, sidecarAdmin] = (await freePorts(2)) as [number, number];
    const proxies = await Promise.all([
      startProxy(binaries.envoy, directory, {
        kind: 'router',
        name: 'gateway',
        namespace: ROOT_NAMESPACE,
        address: NETWORK.gateway,
        labels: GATEWAY_LABELS,
        adminPort: gatewayAdmin,
        baseId: 1,
      }),
      startProxy(binaries.envoy, directory, {
        kind: 'sidecar',
        name: 'sidecar',
        namespace: CLIENTS,
        address: NETWORK.sidecar,
        labels: { app: 'client' },
        adminPort: sidecarAdmin,
        baseId: 2,
      }),
    ]);
    undo.push(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    const callers = [
      { adminPort: gatewayAdmin, workload: 'ingressgateway' },
      { adminPort: sidecarAdmin, workload: 'caller' },
    ];
    const [eager, usual] = await Promise.all(
      [1, 5].map((seconds) => startMeshPrometheus(binaries.prometheus, callers, seconds)),
    );
    undo.push(() => Promise.all([eager!.stop(), usual!.stop()]));
    const control = await serveControl(istiod);
    undo.push(() => control.close());
    const facts = {
      cluster: cluster.facts,
      prometheusUrl: eager!.url,
      usualPrometheusUrl: usual!.url,
      controlUrl: control.url,
    };
    return { facts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The namespace of those who call others through the sidecar. */
const CLIENTS = 'clients';

async function prepare(api: RawApi): Promise<void> {
  await prepareRootNamespace(api);
  await api.create('/api/v1/namespaces', { metadata: { name: CLIENTS } });
  await createGateway(api);
  await injectSidecars(api);
}

/** istiod, as often as it is wanted. */
class Istiod {
  readonly #begin: () => Promise<ServerProcess>;
  #server: ServerProcess | undefined;

  constructor(begin: () => Promise<ServerProcess>) {
    this.#begin = begin;
  }

  async start(): Promise<void> {
    this.#server ??= await this.#begin();
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }
}

/** Tests run in other processes than the mesh. */
async function serveControl(istiod: Istiod): Promise<{ url: string; close(): Promise<void> }> {
  const orders: Record<string, () => Promise<void>> = {
    '/istiod/stop': () => istiod.stop(),
    '/istiod/start': () => istiod.start(),
  };
  const server = createServer((request, response) => {
    const order = orders[request.url ?? ''];
    if (order === undefined) return void response.writeHead(404).end();
    order().then(
      () => response.end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
