import type { JsonObject, KubeObject, ResourceKind } from '../apiserver/cluster-state.ts';

export const DEPLOYMENTS: ResourceKind = { group: 'apps', version: 'v1', resource: 'deployments' };
export const REPLICA_SETS: ResourceKind = { group: 'apps', version: 'v1', resource: 'replicasets' };
export const PODS: ResourceKind = { group: '', version: 'v1', resource: 'pods' };
export const NODES: ResourceKind = { group: '', version: 'v1', resource: 'nodes' };
export const NAMESPACES: ResourceKind = { group: '', version: 'v1', resource: 'namespaces' };
export const SERVICES: ResourceKind = { group: '', version: 'v1', resource: 'services' };
export const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', resource: 'configmaps' };
export const SECRETS: ResourceKind = { group: '', version: 'v1', resource: 'secrets' };
export const ENDPOINT_SLICES: ResourceKind = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
};

/** What the sandbox's controllers read of each kind; everything else passes through them. */
export interface Deployment extends KubeObject {
  spec: DeploymentSpec;
  status?: DeploymentStatus;
}

export interface DeploymentSpec extends JsonObject {
  replicas?: number;
  selector: LabelSelector;
  template: PodTemplate;
  strategy?: DeploymentStrategy;
  minReadySeconds?: number;
  revisionHistoryLimit?: number;
  progressDeadlineSeconds?: number;
  paused?: boolean;
}

export interface DeploymentStrategy extends JsonObject {
  type?: string;
  rollingUpdate?: RollingUpdate;
}

export interface RollingUpdate extends JsonObject {
  maxSurge?: number | string;
  maxUnavailable?: number | string;
}

export interface DeploymentStatus extends JsonObject {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
  unavailableReplicas?: number;
  collisionCount?: number;
  conditions?: Condition[];
}

export interface Condition extends JsonObject {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastUpdateTime?: string;
  lastTransitionTime?: string;
}

export interface ReplicaSet extends KubeObject {
  spec: ReplicaSetSpec;
  status?: ReplicaSetStatus;
}

export interface ReplicaSetSpec extends JsonObject {
  replicas?: number;
  minReadySeconds?: number;
  selector: LabelSelector;
  template: PodTemplate;
}

export interface ReplicaSetStatus extends JsonObject {
  observedGeneration?: number;
  replicas?: number;
  fullyLabeledReplicas?: number;
  readyReplicas?: number;
  availableReplicas?: number;
}

export interface LabelSelector extends JsonObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelRequirement[];
}

export interface LabelRequirement extends JsonObject {
  key: string;
  operator: string;
  values?: string[];
}

export interface PodTemplate extends JsonObject {
  metadata?: TemplateMeta;
  spec: PodSpec;
}

export interface TemplateMeta extends JsonObject {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface PodSpec extends JsonObject {
  nodeName?: string;
  serviceAccountName?: string;
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
}

export interface Volume extends JsonObject {
  name: string;
  configMap?: NamedReference;
  secret?: { secretName?: string; optional?: boolean };
  projected?: { sources?: VolumeSource[] };
}

export interface VolumeSource extends JsonObject {
  configMap?: NamedReference;
  secret?: NamedReference;
}

export interface NamedReference extends JsonObject {
  name?: string;
  optional?: boolean;
}

export interface KeyReference extends NamedReference {
  key: string;
}

export interface Container extends JsonObject {
  name: string;
  image?: string;
  ports?: ContainerPort[];
  env?: EnvironmentVariable[];
  envFrom?: EnvironmentSource[];
}

export interface ContainerPort extends JsonObject {
  name?: string;
  containerPort: number;
  protocol?: string;
}

export interface EnvironmentVariable extends JsonObject {
  name: string;
  value?: string;
  valueFrom?: { configMapKeyRef?: KeyReference; secretKeyRef?: KeyReference };
}

export interface EnvironmentSource extends JsonObject {
  prefix?: string;
  configMapRef?: NamedReference;
  secretRef?: NamedReference;
}

export interface Pod extends KubeObject {
  spec: PodSpec;
  status?: PodStatus;
}

export interface PodStatus extends JsonObject {
  phase?: string;
  podIP?: string;
  conditions?: Condition[];
  containerStatuses?: ContainerStatus[];
}

export interface ContainerStatus extends JsonObject {
  name: string;
  ready: boolean;
  restartCount: number;
  state?: JsonObject;
}

export interface Service extends KubeObject {
  spec: ServiceSpec;
}

export interface ServiceSpec extends JsonObject {
  type?: string;
  selector?: Record<string, string>;
  ports?: ServicePort[];
  publishNotReadyAddresses?: boolean;
}

export interface ServicePort extends JsonObject {
  name?: string;
  port: number;
  targetPort?: number | string;
  protocol?: string;
  appProtocol?: string;
}

export interface EndpointSlice extends KubeObject {
  addressType: string;
  endpoints: Endpoint[];
  /** Absent when there are none. */
  ports?: EndpointPort[];
}

export interface Endpoint {
  addresses: string[];
  conditions: { ready: boolean; serving: boolean; terminating: boolean };
  nodeName?: string;
  targetRef?: { kind: string; namespace: string; name: string; uid: string };
}

export interface EndpointPort {
  name: string;
  port: number;
  protocol: string;
  appProtocol?: string;
}

/** As the API server writes times: whole seconds. */
export function apiTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
