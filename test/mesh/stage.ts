import { inject } from 'vitest';
import { request } from 'undici';
import { connectCluster } from '../cluster/kube/cluster.ts';
import { installedLinnets } from '../controller/installed-linnet.ts';
import type { Requests, Stage } from '../scenarios/stage.ts';
import { GATEWAY_URL } from './bed/gateway.ts';
import { INJECTED } from './bed/injection.ts';
import { Load, type LoadOptions, type Side } from './traffic/load.ts';

export interface MeshStage extends Stage {
  /** Ends istiod: proxies keep the configuration they have. */
  stopIstiod(): Promise<void>;
  /** Resolves when it answers proxies again. */
  startIstiod(): Promise<void>;
}

/** The mesh of this test run; its controller has the chart's rights and no other. */
export function meshStage(): Promise<MeshStage> {
  const { cluster: facts, prometheusUrl, controlUrl } = inject('mesh');
  const cluster = connectCluster(facts);
  const linnets = installedLinnets(cluster, {
    prometheus: prometheusUrl,
    'sweep-interval': '1s',
    // Long enough for proxies on a machine that has much else to do.
    drain: '4s',
  });
  const made: string[] = [];
  const order = async (path: string) => {
    const { statusCode, body } = await request(controlUrl + path, { method: 'POST' });
    const said = await body.text();
    if (statusCode !== 200) throw new Error(`${path}: ${said}`);
  };

  return Promise.resolve({
    api: cluster.api,
    kubeconfig: cluster.kubeconfigPath,
    prometheusUrl,
    async newNamespace(label) {
      const name = await cluster.newNamespace(label);
      made.push(name);
      await cluster.api.patch(`/api/v1/namespaces/${name}`, { metadata: { labels: INJECTED } });
      return name;
    },
    sendRequests: (to) => sendWhenServed(to),
    kubectl: (args, input) => cluster.kubectl(args, input),
    audit: () => cluster.audit.entries(),
    startLinnet: (options) => linnets.start(options),
    stopIstiod: () => order('/istiod/stop'),
    startIstiod: () => order('/istiod/start'),
    async close() {
      await linnets.remove();
      // Their pods end with them: processes that nobody needs any more.
      await Promise.all(made.map((name) => cluster.api.delete(`/api/v1/namespaces/${name}`)));
      await cluster.close();
    },
  });
}

/** Where people send their requests, on either side. */
export function loadOn(
  side: Side,
  to: Destination,
  how: Omit<LoadOptions, 'side' | 'origin' | 'host'>,
): Load {
  const { namespace, service, port = 80 } = to;
  const inside = `${service}.${namespace}.svc.cluster.local`;
  const origin = side === 'mesh' ? `http://${inside}:${port}` : GATEWAY_URL;
  const host = side === 'mesh' ? `${inside}:${port}` : publicHost(namespace, service);
  return new Load({ ...how, side, origin, host });
}

export interface Destination {
  readonly namespace: string;
  readonly service: string;
  /** Default 80. */
  readonly port?: number;
}

/** What a workload is called outside. */
export function publicHost(namespace: string, service: string): string {
  return `${service}.${namespace}.example.com`;
}

/** Requests from inside the mesh, from the moment at which the Service exists and answers. */
function sendWhenServed(to: Requests): { stop(): void } {
  const { requestsPerSecond } = to;
  const load = loadOn('mesh', to, { requestsPerSecond, onAnswer: () => undefined });
  const stopped = new AbortController();
  void startWhenServed();
  return {
    stop() {
      stopped.abort();
      void load.stop();
    },
  };

  async function startWhenServed(): Promise<void> {
    await untilServed(load, stopped.signal);
    if (!stopped.signal.aborted) load.start();
  }
}

const LOOK_MS = 100;

/** Resolves when it is answered by a pod, several times in a row. */
export async function untilServed(load: Load, signal: AbortSignal): Promise<void> {
  for (let inARow = 0; inARow < 5 && !signal.aborted;) {
    const { version } = await load.ask();
    inARow = version === undefined ? 0 : inARow + 1;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
