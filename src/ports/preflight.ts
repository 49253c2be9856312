import type { Canary } from '../api/canary.ts';
import type { ClusterReader } from './cluster.ts';

/** What preflight must know to tell that a rollout cannot work, or hardly. */
export interface PreflightFacts {
  /** For people: `Deployment shop/web`. */
  readonly target: string;
  readonly namespace: string;
  /** Containers of the target's template; undefined when there is no target yet. */
  readonly containers: readonly ContainerFacts[] | undefined;
  /** The Services of the canary that exist, and others that select the target's pods. */
  readonly services: readonly ServiceFacts[];
  /** Undefined when no mesh moves the traffic of this canary. */
  readonly mesh: MeshFacts | undefined;
}

export interface ContainerFacts {
  readonly name: string;
  readonly hasReadinessProbe: boolean;
}

export interface ServiceFacts {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly internalTrafficPolicy: string | undefined;
}

export interface MeshFacts {
  /** Whether any `istio_*` series exists for the workload; undefined when that cannot be told. */
  readonly hasMetrics: boolean | undefined;
  /** The data plane runs beside the pods, or on the nodes (`ambient`), or is off for the namespace. */
  readonly injection: InjectionFacts;
  /** Pods of target and primary. */
  readonly pods: readonly PodFacts[];
  /** Other pods of the namespace that no proxy speaks for. */
  readonly outsiders: readonly string[];
  readonly port: PortFacts;
  readonly route: RouteFacts;
}

export interface InjectionFacts {
  /** The namespace asks for sidecars. */
  readonly enabled: boolean;
  readonly ambient: boolean;
  /** A waypoint serves the namespace or the apex Service. */
  readonly waypoint: boolean;
}

export interface PodFacts {
  readonly name: string;
  readonly hasSidecar: boolean;
  /** The pod itself says that it wants none. */
  readonly optsOut: boolean;
}

/** The port of the Services, by which the mesh tells protocols apart. */
export interface PortFacts {
  readonly name: string;
  readonly appProtocol: string | undefined;
}

/** The VirtualService as it is or as it will be made, and what stands around it. */
export interface RouteFacts {
  /** For people: `VirtualService shop/web`. */
  readonly name: string;
  readonly hosts: readonly string[];
  /** Whether callers in the mesh obey it. */
  readonly forMesh: boolean;
  readonly gateways: readonly GatewayFacts[];
  /** Namespaces that see it; undefined for all of them. */
  readonly exportTo: readonly string[] | undefined;
  /** Managed routes that inject faults. */
  readonly faults: readonly string[];
  /** Hosts of its destinations that no Service has. */
  readonly missingHosts: readonly string[];
  /** Other VirtualServices for the mesh that have one of its hosts. */
  readonly rivals: readonly RivalFacts[];
}

export interface GatewayFacts {
  /** `namespace/name`. */
  readonly name: string;
  readonly namespace: string;
  /** Hosts of its servers, `namespace/` prefixes removed; undefined when it does not exist. */
  readonly hosts: readonly string[] | undefined;
}

export interface RivalFacts {
  readonly name: string;
  readonly host: string;
}

/** Looks at what a rollout depends on and does not write. Reads only; some facts cost live reads. */
export interface Preflight {
  facts(canary: Canary, reader: ClusterReader): Promise<PreflightFacts>;
}
