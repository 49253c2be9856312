import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import { DEPLOYMENT, NAMESPACE, POD } from '../../ports/kinds.ts';
import type { InjectionFacts, MeshFacts, PodFacts } from '../../ports/preflight.ts';
import { PRIMARY_SUFFIX } from '../../api/names.ts';
import { listOf, objectOf, textOf, type Json } from './json.ts';
import { ifAllowed, type Look } from './look.ts';

/** How pods of this namespace join the mesh. */
export async function injectionFacts(
  { canary, reader, share }: Look,
  services: readonly KubeObject[],
): Promise<InjectionFacts> {
  const { namespace } = canary.metadata;
  const read = () => ifAllowed(reader.get(NAMESPACE, undefined, namespace));
  const labels = (await share(`namespace ${namespace}`, read))?.metadata.labels ?? {};
  const waypoints = [labels, ...services.map(({ metadata }) => metadata.labels ?? {})];
  return {
    enabled: labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined,
    ambient: labels[DATAPLANE] === 'ambient',
    waypoint: waypoints.some((at) => (at['istio.io/use-waypoint'] ?? 'none') !== 'none'),
  };
}

const DATAPLANE = 'istio.io/dataplane-mode';

/** The pods of both versions, and those around them that no sidecar speaks for. */
export async function podFacts(
  { canary, reader, share }: Look,
  target: KubeObject | undefined,
): Promise<Pick<MeshFacts, 'pods' | 'outsiders'>> {
  const { namespace } = canary.metadata;
  const name = `${canary.spec.targetRef.name}${PRIMARY_SUFFIX}`;
  const primary = target && (await reader.get(DEPLOYMENT, namespace, name));
  const lists = await Promise.all(
    [selectorOf(target), selectorOf(primary)]
      .filter((selector) => selector !== undefined)
      .map((labelSelector) => runningPods(reader, namespace, labelSelector)),
  );
  const own = lists.flat();
  const names = new Set(own.map(({ metadata }) => metadata.name));
  const read = () => runningPods(reader, namespace, WITHOUT_SIDECAR);
  const others = await share(`outsiders ${namespace}`, read);
  return {
    pods: own.map(factsOf),
    outsiders: others
      .filter((pod) => !names.has(pod.metadata.name) && !isInMesh(pod))
      .map(({ metadata }) => metadata.name),
  };
}

/** Istio's injection sets this label, so that only the few others are listed. */
const WITHOUT_SIDECAR = '!security.istio.io/tlsMode';

function selectorOf(deployment: KubeObject | undefined): string | undefined {
  const selector = objectOf(objectOf(deployment?.['spec'])['selector']);
  const labels = Object.entries(objectOf(selector['matchLabels']));
  if (labels.length === 0) return undefined;
  return labels.map(([key, value]) => `${key}=${String(value)}`).join(',');
}

async function runningPods(
  reader: ClusterReader,
  namespace: string,
  labelSelector: string,
): Promise<readonly KubeObject[]> {
  const pods = (await ifAllowed(reader.list(POD, { namespace, labelSelector }))) ?? [];
  return pods.filter((pod) => {
    const phase = textOf(objectOf(pod['status'])['phase']);
    const isOver = phase === 'Succeeded' || phase === 'Failed';
    return !isOver && pod.metadata.deletionTimestamp === undefined;
  });
}

function factsOf(pod: KubeObject): PodFacts {
  const { name, labels = {}, annotations = {} } = pod.metadata;
  const inject = labels[INJECT] ?? annotations[INJECT];
  return { name, hasSidecar: isInMesh(pod), optsOut: inject === 'false' };
}

const INJECT = 'sidecar.istio.io/inject';

/** A sidecar is a container, or since Istio 1.27 an init container that keeps running. */
function isInMesh(pod: KubeObject): boolean {
  const spec = objectOf(pod['spec']);
  const containers: Json[] = [...listOf(spec['containers']), ...listOf(spec['initContainers'])];
  return (
    containers.some((container) => container['name'] === 'istio-proxy') ||
    pod.metadata.labels?.[DATAPLANE] === 'ambient'
  );
}
