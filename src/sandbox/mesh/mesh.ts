import type { ClusterState } from '../apiserver/cluster-state.ts';
import type { Behaviour } from '../workloads/behaviour.ts';
import type { Pod } from '../workloads/resources.ts';
import { listen, meshListener } from './http-listener.ts';
import { IstioMetrics } from './istio-metrics.ts';
import type { VirtualService } from './istio-resources.ts';
import { LivePods } from './live-pods.ts';
import {
  INGRESS_GATEWAY,
  sidecarOf,
  type Caller,
  type MeshRequest,
  type MeshResponse,
} from './mesh-request.ts';
import { Pilot } from './pilot.ts';
import { Proxy } from './proxy.ts';
import { seededRandom } from './random.ts';

export interface MeshOptions {
  /** How a pod answers; undefined for one whose containers have not started. */
  readonly behaviourOf: (pod: Pod) => Behaviour | undefined;
  /** Told which VirtualService is not obeyed, and why. */
  readonly refuse: (virtualService: VirtualService, error: unknown) => void;
  /** Decides all that is random: weights, endpoints, errors, latencies. Default 1. */
  readonly seed?: number;
  /** From a push of configuration to proxies that obey it, in milliseconds. Default 50. */
  readonly pushMs?: number;
  /** Of the ingress gateway; 0, the default, takes a free one. */
  readonly port?: number;
  /** In which namespace a client of `meshUrl` counts as calling. Default `default`. */
  readonly clientNamespace?: string;
}

export interface Mesh {
  /** Of Istio's ingress gateway: routes of the gateways that VirtualServices name. */
  readonly gatewayUrl: string;
  /** Of the sidecar of a client inside the mesh, for the Host header of a Service. */
  readonly meshUrl: string;
  /** `host:port` that serves `/metrics`. */
  readonly metricsAddress: string;
  /** The same as over HTTP, without HTTP. Never rejects for what happens in the mesh. */
  send(request: MeshRequest, caller?: Caller): Promise<MeshResponse>;
  /** Resolves when the mesh obeys everything that has changed so far. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

/** A mesh over the pods of the sandbox: it obeys Istio's resources and exports Istio's metrics. */
export async function startMesh(cluster: ClusterState, options: MeshOptions): Promise<Mesh> {
  const { seed = 1, refuse, pushMs, clientNamespace = 'default' } = options;
  const metrics = new IstioMetrics();
  const pods = new LivePods(cluster);
  const pilot = new Pilot(cluster, {
    metrics,
    refuse,
    ...(pushMs === undefined ? {} : { pushMs }),
  });
  const { behaviourOf } = options;
  const context = { pods, metrics, behaviourOf, random: seededRandom(seed) };
  const proxy = new Proxy(context, () => pilot.snapshot);
  const client = sidecarOf('sandbox-client', clientNamespace);
  const listeners = await Promise.all([
    listen(
      meshListener((request) => proxy.handle(request, INGRESS_GATEWAY)),
      options.port,
    ),
    listen(meshListener((request) => proxy.handle(request, client))),
    listen((_, response) => {
      response.setHeader('content-type', metrics.contentType);
      metrics.text().then(
        (text) => response.end(text),
        (error: Error) => response.destroy(error),
      );
    }),
  ]);
  const [gateway, sidecar, exporter] = listeners;
  return {
    gatewayUrl: `http://${gateway.address}`,
    meshUrl: `http://${sidecar.address}`,
    metricsAddress: exporter.address,
    send: (request, caller = INGRESS_GATEWAY) => proxy.handle(request, caller),
    settled: () => pilot.settled(),
    stop: async () => {
      pilot.stop();
      pods.stop();
      await Promise.all(listeners.map((listener) => listener.stop()));
    },
  };
}
