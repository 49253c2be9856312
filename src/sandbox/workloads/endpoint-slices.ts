import { isDeepStrictEqual } from 'node:util';
import type { ClusterState, KubeObjectInput } from '../apiserver/cluster-state.ts';
import { KeyedReconciler, type ReportError } from './keyed-reconciler.ts';
import { matchesLabels } from './label-selector.ts';
import { controlledBy, controllerOf, controllerReference, keyOf, splitKey } from './object-key.ts';
import { hasEnded, isReady } from './pod-conditions.ts';
import {
  ENDPOINT_SLICES,
  PODS,
  SERVICES,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Pod,
  type Service,
  type ServicePort,
} from './resources.ts';

export interface EndpointOptions {
  readonly report: ReportError;
  /** Milliseconds from a change of a pod or Service to its endpoints. Default 100. */
  readonly delayMs?: number;
}

/** Plays the EndpointSlice controller. Returns the function that ends it. */
export function startEndpointSlices(cluster: ClusterState, options: EndpointOptions): () => void {
  const { report, delayMs = 100 } = options;
  const changed = new KeyedReconciler((key) => reconcile(cluster, key), report);
  const late = new LateKeys((key) => changed.enqueue(key), delayMs);
  const endings = [
    cluster.subscribe(SERVICES, ({ object }) => late.add(keyOf(object))),
    cluster.subscribe(PODS, ({ object }) => {
      for (const service of concernedBy(object as Pod, cluster)) late.add(keyOf(service));
    }),
  ];
  return () => {
    for (const end of endings) end();
    late.stop();
    changed.stop();
  };
}

/** Passes each key on once, a while after it first came. */
class LateKeys {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #pass: (key: string) => void;
  readonly #delayMs: number;

  constructor(pass: (key: string) => void, delayMs: number) {
    this.#pass = pass;
    this.#delayMs = delayMs;
  }

  add(key: string): void {
    if (this.#timers.has(key)) return;
    const pass = () => {
      this.#timers.delete(key);
      this.#pass(key);
    };
    this.#timers.set(key, setTimeout(pass, this.#delayMs));
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }
}

/** Services that select it, and those that no longer do and still point at it. */
function concernedBy({ metadata }: Pod, cluster: ClusterState): Service[] {
  const { namespace, labels, uid } = metadata;
  const slices = cluster.list(ENDPOINT_SLICES, namespace) as EndpointSlice[];
  const pointing = slices.filter(({ endpoints }) =>
    endpoints.some(({ targetRef }) => targetRef?.uid === uid),
  );
  const owners = new Set(pointing.map((slice) => controllerOf(slice)?.uid));
  const services = cluster.list(SERVICES, namespace) as Service[];
  return services.filter(({ spec: { selector }, metadata: service }) => {
    if (selector === undefined) return false;
    return matchesLabels(selector, labels) || owners.has(service.uid);
  });
}

function reconcile(cluster: ClusterState, key: string): undefined {
  const { namespace, name } = splitKey(key);
  const service = cluster.get(SERVICES, namespace, name) as Service | undefined;
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return;
  const { selector } = service.spec;
  if (selector === undefined || Object.keys(selector).length === 0) return;
  const existing = slicesOf(cluster, service);
  const wanted = desiredSlices(service, cluster.list(PODS, namespace) as Pod[]);
  for (const [index, slice] of wanted.entries()) store(cluster, service, existing[index], slice);
  for (const { metadata } of existing.slice(wanted.length)) {
    cluster.delete(ENDPOINT_SLICES, metadata.namespace, metadata.name);
  }
}

function slicesOf(cluster: ClusterState, service: Service): EndpointSlice[] {
  const slices = cluster.list(ENDPOINT_SLICES, service.metadata.namespace) as EndpointSlice[];
  return controlledBy(service, slices);
}

interface SliceContent {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

const LARGEST_SLICE = 100;

/** Pods whose named ports have different numbers go into different slices. */
export function desiredSlices(service: Service, pods: readonly Pod[]): SliceContent[] {
  const selector = service.spec.selector ?? {};
  const selected = pods.filter(
    (pod) =>
      matchesLabels(selector, pod.metadata.labels) &&
      pod.status?.podIP !== undefined &&
      !hasEnded(pod),
  );
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of selected) {
    const ports = portsOf(service, pod);
    const group = groups.get(JSON.stringify(ports)) ?? { ports, endpoints: [] };
    groups.set(JSON.stringify(ports), group);
    group.endpoints.push(endpointOf(service, pod));
  }
  // A Service that selects nothing has one empty slice, which is how one can tell.
  if (groups.size === 0) return [{ ports: [], endpoints: [] }];
  return [...groups.values()].flatMap(inSlices);
}

function inSlices({ ports, endpoints }: SliceContent): SliceContent[] {
  const count = Math.ceil(endpoints.length / LARGEST_SLICE);
  return Array.from({ length: count }, (_, index) => ({
    ports,
    endpoints: endpoints.slice(index * LARGEST_SLICE, (index + 1) * LARGEST_SLICE),
  }));
}

function endpointOf({ spec }: Service, pod: Pod): Endpoint {
  const { name, namespace = '', uid, deletionTimestamp } = pod.metadata;
  const terminating = deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = spec.publishNotReadyAddresses === true || (serving && !terminating);
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** A port whose name no container has is left out. */
function portsOf({ spec }: Service, pod: Pod): EndpointPort[] {
  return (spec.ports ?? []).flatMap((port) => {
    const number = targetPort(port, pod);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    const rest = appProtocol === undefined ? {} : { appProtocol };
    return [{ name, port: number, protocol, ...rest }];
  });
}

function targetPort({ port, targetPort: target = port }: ServicePort, pod: Pod) {
  if (typeof target === 'number') return target === 0 ? port : target;
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === target)?.containerPort;
}

function store(
  cluster: ClusterState,
  service: Service,
  existing: EndpointSlice | undefined,
  { ports, endpoints }: SliceContent,
): void {
  if (existing === undefined) {
    cluster.create(ENDPOINT_SLICES, { ...skeleton(service), ports, endpoints });
    return;
  }
  const isSame =
    isDeepStrictEqual(existing.ports ?? [], ports) &&
    isDeepStrictEqual(existing.endpoints ?? [], endpoints);
  if (!isSame) cluster.replace(ENDPOINT_SLICES, { ...existing, ports, endpoints });
}

function skeleton(service: Service): KubeObjectInput {
  const { name, namespace = '', labels } = service.metadata;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: {
        ...labels,
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [controllerReference(service)],
    },
    addressType: 'IPv4',
  };
}
