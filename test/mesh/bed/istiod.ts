import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { request } from 'undici';
import type { RawApi } from '../../cluster/kube/api-client.ts';
import { awaitReady, startServer, type ServerProcess } from '../../cluster/kube/server-process.ts';
import { setTimeout as delay } from 'node:timers/promises';

export const ROOT_NAMESPACE = 'istio-system';

/** Ports of istiod on 127.0.0.1 of the mesh's own network. */
export const ISTIOD = { xds: 15010, monitoring: 15014, http: 15080 } as const;

/** Envoy here is plain: without Istio's own filters, certificates and injection. */
const ENVIRONMENT = {
  PILOT_ENABLE_ALPN_FILTER: 'false',
  PILOT_ENABLE_METADATA_EXCHANGE: 'false',
  PILOT_DISABLE_MX_ALPN: 'true',
  PILOT_ENABLE_ANALYSIS: 'false',
  ENABLE_CA_SERVER: 'false',
  INJECT_ENABLED: 'false',
  VALIDATION_WEBHOOK_CONFIG_NAME: '',
  INJECTION_WEBHOOK_CONFIG_NAME: '',
  POD_NAMESPACE: ROOT_NAMESPACE,
  POD_NAME: 'istiod',
};

const MESH_CONFIG = {
  rootNamespace: ROOT_NAMESPACE,
  enableAutoMtls: false,
  enablePrometheusMerge: false,
  defaultProviders: {},
  // A Service that a sidecar does not know yet would be sent to its address, and so to the sidecar, for ever.
  outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
};

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** Makes the namespace of istiod, and says that the mesh has no certificates: Envoys wait for them otherwise. */
export async function prepareRootNamespace(api: RawApi): Promise<void> {
  await api.create('/api/v1/namespaces', { metadata: { name: ROOT_NAMESPACE } });
  const group = '/apis/security.istio.io/v1';
  await api.create(`${group}/namespaces/${ROOT_NAMESPACE}/peerauthentications`, {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default' },
    spec: { mtls: { mode: 'DISABLE' } },
  });
}

/** Starts istiod; resolves when it answers proxies. Its log is appended to. */
export async function startIstiod(
  program: string,
  kubeconfig: string,
  directory: string,
): Promise<ServerProcess> {
  const meshConfig = path.join(directory, 'mesh.yaml');
  writeFileSync(meshConfig, stringify(MESH_CONFIG));
  const flags = {
    kubeconfig,
    meshConfig,
    registries: 'Kubernetes',
    httpAddr: `127.0.0.1:${ISTIOD.http}`,
    httpsAddr: '',
    secureGRPCAddr: '',
    grpcAddr: `127.0.0.1:${ISTIOD.xds}`,
    monitoringAddr: `127.0.0.1:${ISTIOD.monitoring}`,
  };
  const args = ['discovery', ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)];
  const variables = Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`);
  const log = path.join(directory, 'istiod.log');
  const server = startServer('istiod', 'env', [...variables, program, ...args], log);
  await awaitReady(server, START_TIMEOUT_MS, untilReady);
  return server;
}

async function untilReady(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await request(`http://127.0.0.1:${ISTIOD.http}/ready`).catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return;
    await delay(POLL_MS);
  }
}
