import { matchesLabels } from '../workloads/label-selector.ts';
import type { EndpointSlice, Pod, Service } from '../workloads/resources.ts';
import { serviceHost, fullHost } from './host-names.ts';
import type { Destination, DestinationRule, Subset } from './istio-resources.ts';

/** A pod as a target of requests. */
export interface Upstream {
  readonly ip: string;
  readonly port: number;
  readonly pod: Pod;
}

/** What a proxy sends requests to: a port of a Service, or of a subset of it. */
export interface UpstreamCluster {
  readonly host: string;
  readonly service: string;
  readonly namespace: string;
  /** Those that are ready; none means 503 UH. */
  readonly upstreams: readonly Upstream[];
}

export interface RegistryInput {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly pods: readonly Pod[];
  readonly rules: readonly DestinationRule[];
}

/** Services, their ready endpoints and their subsets at one moment. */
export class ServiceRegistry {
  readonly #services = new Map<string, KnownService>();
  readonly #clusters = new Map<string, UpstreamCluster | undefined>();

  constructor(input: RegistryInput) {
    const pods = new Map(input.pods.map((pod) => [pod.metadata.uid, pod]));
    for (const service of input.services) {
      const known = new KnownService(service, input.slices, pods);
      this.#services.set(known.host, known);
    }
    for (const { metadata, spec } of oldestFirst(input.rules)) {
      const host = fullHost(spec.host, metadata.namespace ?? '');
      this.#services.get(host)?.addSubsets(spec.subsets ?? []);
    }
  }

  has(host: string): boolean {
    return this.#services.has(host);
  }

  /**
   * Undefined when there is no such Service, port or subset: 503 NC. The port of a Service with
   * several is the one of the request where the destination names none.
   */
  cluster(destination: Destination, namespace: string, requestPort: number) {
    const { subset = '', port } = destination;
    const host = fullHost(destination.host, namespace);
    const key = `${host}|${port?.number ?? requestPort}|${port === undefined}|${subset}`;
    if (!this.#clusters.has(key)) {
      const service = this.#services.get(host);
      this.#clusters.set(key, service?.cluster(port?.number, requestPort, subset));
    }
    return this.#clusters.get(key);
  }
}

class KnownService {
  readonly host: string;
  readonly #service: Service;
  readonly #slices: readonly EndpointSlice[];
  readonly #pods: ReadonlyMap<string, Pod>;
  readonly #subsets = new Map<string, Subset>();

  constructor(service: Service, slices: readonly EndpointSlice[], pods: ReadonlyMap<string, Pod>) {
    const { name, namespace = '' } = service.metadata;
    this.host = serviceHost(name, namespace);
    this.#service = service;
    this.#pods = pods;
    this.#slices = slices.filter(
      ({ metadata }) =>
        metadata.namespace === namespace &&
        metadata.labels?.['kubernetes.io/service-name'] === name,
    );
  }

  /** A second subset of one name is dropped. */
  addSubsets(subsets: readonly Subset[]): void {
    for (const subset of subsets) {
      if (!this.#subsets.has(subset.name)) this.#subsets.set(subset.name, subset);
    }
  }

  cluster(port: number | undefined, requestPort: number, subset: string) {
    const labels = subset === '' ? {} : this.#subsets.get(subset)?.labels;
    const servicePort = this.#portFor(port, requestPort);
    if ((subset !== '' && !this.#subsets.has(subset)) || servicePort === undefined) return;
    const upstreams = this.#ready(servicePort.name ?? '').filter(({ pod }) =>
      matchesLabels(labels ?? {}, pod.metadata.labels),
    );
    const { name, namespace = '' } = this.#service.metadata;
    return { host: this.host, service: name, namespace, upstreams };
  }

  #portFor(port: number | undefined, requestPort: number) {
    const ports = this.#service.spec.ports ?? [];
    if (port !== undefined) return ports.find((one) => one.port === port);
    return ports.length === 1 ? ports[0] : ports.find((one) => one.port === requestPort);
  }

  #ready(portName: string): Upstream[] {
    return this.#slices.flatMap(({ endpoints, ports }) => {
      const port = (ports ?? []).find(({ name }) => (name ?? '') === portName)?.port;
      if (port === undefined) return [];
      return (endpoints ?? []).flatMap(({ conditions, addresses, targetRef }) => {
        const pod = this.#pods.get(targetRef?.uid ?? '');
        const [ip] = addresses;
        return conditions.ready && ip !== undefined && pod !== undefined ? [{ ip, port, pod }] : [];
      });
    });
  }
}

/** Ties go by namespace and name, as the list is ordered. */
export function oldestFirst<T extends { metadata: { creationTimestamp: string } }>(
  objects: readonly T[],
): T[] {
  const age = ({ metadata }: T) => Date.parse(metadata.creationTimestamp);
  return [...objects].sort((a, b) => age(a) - age(b));
}
