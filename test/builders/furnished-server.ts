import { readdirSync } from 'node:fs';
import path from 'node:path';
import { builtKubernetes } from '../../scripts/cluster/cache.ts';
import { provideClusterBinaries } from '../../scripts/cluster/cluster-binaries.ts';
import { startApiServer } from '../../src/sandbox/apiserver/server.ts';
import { furnish } from '../../src/sandbox/furnishing.ts';
import { holdScratchFolder } from '../../src/sandbox/scratch-folder.ts';
import { startWorkloads } from '../../src/sandbox/workloads/workloads.ts';
import { connectApi, type RawApi } from '../cluster/kube/api-client.ts';
import { METADATA_ONLY, readAuditLog, type ApiRequest } from '../cluster/kube/audited-requests.ts';
import { startCluster } from '../cluster/kube/start-cluster.ts';

export interface FurnishedServer {
  readonly name: string;
  /** As an administrator. */
  readonly api: RawApi;
  readonly kubeconfig: string;
  /** Every request that Linnet has made so far, without watches that are still open. */
  requests(): readonly ApiRequest[];
  stop(): Promise<void>;
}

/** The real kube-apiserver where it was built before, else the sandbox's. */
export function openServer(wanted: 'real' | 'sandbox' | undefined): Promise<FurnishedServer> {
  const isReal = wanted === undefined ? builtKubernetes().length > 0 : wanted === 'real';
  return isReal ? realServer() : sandboxServer();
}

async function realServer(): Promise<FurnishedServer> {
  const binaries = await provideClusterBinaries();
  const own = path.resolve(import.meta.dirname, '../../crds');
  const definitions = readdirSync(own).filter((file) => file.endsWith('.yaml'));
  const crds = [binaries.crds.istio, ...definitions.map((file) => path.join(own, file))];
  const cluster = await startCluster(binaries, crds, { auditPolicy: METADATA_ONLY });
  const log = readAuditLog(cluster.facts.auditLogFile, /^linnet\//);
  return {
    name: `kube-apiserver of ${path.basename(path.dirname(binaries.kubeApiserver))}`,
    api: cluster.api,
    kubeconfig: cluster.kubeconfigPath,
    requests: () => log(),
    stop: () => cluster.stop(),
  };
}

/** In this process: what it costs is not the controller's. */
async function sandboxServer(): Promise<FurnishedServer> {
  const folder = await holdScratchFolder('furnished');
  const server = await startApiServer();
  await furnish(server.state);
  const workloads = startWorkloads(server.state, {
    report: (error, key) => console.error(`${key}:`, error),
  });
  const kubeconfig = path.join(folder.path, 'kubeconfig');
  await server.writeKubeconfig(kubeconfig);
  const requests: ApiRequest[] = [];
  server.faults.onRequest(({ userAgent, verb, path: target }) => {
    if (userAgent.startsWith('linnet/')) requests.push({ verb, resource: resourceIn(target) });
  });
  const api = connectApi({ url: server.url, token: '' }, 'linnet-test');
  return {
    name: "the sandbox's API server",
    api,
    kubeconfig,
    requests: () => requests,
    async stop() {
      workloads.stop();
      await api.close();
      await server.stop();
      await folder.stop();
    },
  };
}

/** `canaries/status` in `/apis/linnet.dev/v1beta1/namespaces/bench/canaries/web-1/status?...`. */
function resourceIn(target: string): string {
  const [route = ''] = target.split('?');
  const parts = route.split('/').filter((part) => part !== '');
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const [resource = '', , subresource] =
    rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest;
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
