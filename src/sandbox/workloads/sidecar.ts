import type { ClusterState, KubeObjectInput } from '../apiserver/cluster-state.ts';
import { NAMESPACES, type Container, type Pod, type PodSpec } from './resources.ts';

const INJECT = 'sidecar.istio.io/inject';
const PROXY: Container = {
  name: 'istio-proxy',
  image: 'docker.io/istio/proxyv2:1.31.0',
  restartPolicy: 'Always',
  ports: [{ name: 'http-envoy-prom', containerPort: 15090, protocol: 'TCP' }],
};

/**
 * The pod as Istio's webhook would admit it: with a sidecar (a native one, among the init
 * containers) where the namespace is labelled for injection, unless the pod says otherwise.
 */
export function withSidecar(cluster: ClusterState, pod: KubeObjectInput): KubeObjectInput {
  const spec = pod.spec as PodSpec;
  if (!isInjected(cluster, pod) || proxyOf(spec) !== undefined) return pod;
  const annotations = { ...pod.metadata.annotations, 'sidecar.istio.io/status': '{}' };
  return {
    ...pod,
    metadata: { ...pod.metadata, annotations },
    spec: { ...spec, initContainers: [PROXY, ...(spec.initContainers ?? [])] },
  };
}

/** Whether requests to and from the pod pass through a proxy of the mesh. */
export function hasSidecar(pod: Pod): boolean {
  return proxyOf(pod.spec) !== undefined;
}

function proxyOf({ containers, initContainers = [] }: PodSpec): Container | undefined {
  return [...containers, ...initContainers].find(({ name }) => name === PROXY.name);
}

function isInjected(cluster: ClusterState, { metadata }: KubeObjectInput): boolean {
  const wish = metadata.labels?.[INJECT] ?? metadata.annotations?.[INJECT];
  if (wish === 'false') return false;
  const namespace = cluster.get(NAMESPACES, undefined, metadata.namespace ?? '');
  const labels = namespace?.metadata.labels ?? {};
  if (labels['istio-injection'] !== undefined) return labels['istio-injection'] === 'enabled';
  return labels['istio.io/rev'] !== undefined || wish === 'true';
}
