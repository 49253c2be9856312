import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ClusterState, KubeObjectInput } from './apiserver/cluster-state.ts';
import { CUSTOM_RESOURCE_DEFINITIONS, defineIstioKinds } from './istio-definitions.ts';
import { GATEWAYS } from './mesh/istio-resources.ts';
import { NAMESPACES } from './workloads/resources.ts';

/** Where the definitions of Linnet's own kinds are: beside `src`, and beside `dist`. */
const OWN_DEFINITIONS = fileURLToPath(new URL('../../crds/', import.meta.url));

/** Puts into an empty cluster what a team finds in theirs: kinds, namespaces, a gateway. */
export async function furnish(cluster: ClusterState): Promise<void> {
  defineIstioKinds(cluster);
  for (const definition of await ownDefinitions()) {
    cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition);
  }
  cluster.create(NAMESPACES, namespace('istio-system', {}));
  cluster.create(NAMESPACES, namespace('shop', { 'istio-injection': 'enabled' }));
  cluster.create(GATEWAYS, publicGateway());
}

async function ownDefinitions(): Promise<KubeObjectInput[]> {
  const names = (await readdir(OWN_DEFINITIONS)).filter((name) => name.endsWith('.yaml')).sort();
  const files = names.map((name) => readFile(path.join(OWN_DEFINITIONS, name), 'utf8'));
  const documents = (await Promise.all(files)).flatMap((text) => parseAllDocuments(text));
  return documents
    .map((document) => document.toJS() as KubeObjectInput | null)
    .filter((definition) => definition !== null);
}

/** As `kubectl apply` would have created it, so that applying it again is no surprise to kubectl. */
function namespace(name: string, labels: Record<string, string>): KubeObjectInput {
  const applied = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(applied),
  };
  return { ...applied, metadata: { name, labels, annotations } };
}

/** The one that most guides call so; it lets every host in. */
function publicGateway(): KubeObjectInput {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'public-gateway', namespace: 'istio-system' },
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  };
}
