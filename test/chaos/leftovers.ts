import { GROUP } from '../../src/api/group.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { RawApi } from '../cluster/kube/api-client.ts';
import { untilList } from '../cluster/kube/waiting.ts';
import type { Place } from './journeys.ts';

/**
 * What is not as it was before there was a Canary that is gone now, a sentence each. What it owned is
 * collected by the cluster, which may take a moment.
 */
export async function leftovers(api: RawApi, { namespace, name }: Place): Promise<string[]> {
  const left = MADE.map(([group, resource]) =>
    ownedAt(api, `${group}/namespaces/${namespace}/${resource}`),
  );
  const target = await api.get<Deployment>(
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
  );
  const apex = await api.get<Service>(`/api/v1/namespaces/${namespace}/services/${name}`);
  const { replicas } = target.spec;
  const selector = JSON.stringify(apex.spec.selector);
  return [
    ...(await Promise.all(left)).flat(),
    ...(replicas === 1 ? [] : [`the target was left with ${replicas} replicas`]),
    ...(selector === `{"app":"${name}"}` ? [] : [`the Service was left with ${selector}`]),
    ...[target, apex].flatMap(marksOn),
  ];
}

async function ownedAt(api: RawApi, path: string): Promise<string[]> {
  try {
    await untilList(api, path, (objects) => !objects.some(isOwned), PATIENCE_MS);
    return [];
  } catch (error) {
    return [`something that the Canary owned is still there: ${String(error)}`];
  }
}

function marksOn({ metadata, kind }: KubeObject): string[] {
  const marks = Object.keys(metadata.annotations ?? {}).filter((key) => key.includes(GROUP));
  return marks.length === 0 ? [] : [`${kind} ${metadata.name} was left with ${marks.join(', ')}`];
}

const PATIENCE_MS = 30_000;

const MADE = [
  ['/apis/apps/v1', 'deployments'],
  ['/apis/apps/v1', 'controllerrevisions'],
  ['/api/v1', 'services'],
  ['/apis/networking.istio.io/v1', 'virtualservices'],
  ['/apis/networking.istio.io/v1', 'destinationrules'],
] as const;

interface Service extends KubeObject {
  spec: { selector: Record<string, string> };
}

interface Deployment extends KubeObject {
  spec: { replicas: number };
}

function isOwned({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Canary');
}
