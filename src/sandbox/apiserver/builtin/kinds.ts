import { AUTOSCALER_V1 } from './autoscaler-forms.ts';
import { CORE_EVENTS, NAMED_EVENTS } from './event-forms.ts';
import { dns1035Label, dnsLabel, pathSegment, type NameRule } from '../objects/name-rules.ts';
import type { GenerationRule, ScalePaths, StorageForm } from '../objects/resource-definition.ts';

/** What distinguishes one built-in kind from another; everything left out is the usual. */
export interface BuiltinKind {
  group?: string;
  version?: string;
  kind: string;
  resource?: string;
  model?: string;
  shortNames?: string[];
  cluster?: true;
  inAll?: true;
  status?: true;
  scale?: ScalePaths;
  generation?: GenerationRule;
  names?: NameRule;
  fencedUpdate?: true;
  createOnUpdate?: true;
  deprecation?: string;
  returnsDeleted?: true;
  orphansByDefault?: true;
  /** How it is stored, when not as it is served. */
  form?: StorageForm;
  /** Another version of a kind that has its defaults and its validation there. */
  rulesElsewhere?: true;
}

const SCALE: ScalePaths = { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas' };
const WORKLOAD = { group: 'apps', status: true, inAll: true } as const;
const RBAC = {
  group: 'rbac.authorization.k8s.io',
  names: pathSegment,
  createOnUpdate: true,
} as const;

export const BUILTIN_KINDS: readonly BuiltinKind[] = [
  {
    kind: 'Namespace',
    shortNames: ['ns'],
    cluster: true,
    status: true,
    names: dnsLabel,
    returnsDeleted: true,
  },
  { kind: 'Node', shortNames: ['no'], cluster: true, status: true },
  {
    kind: 'Pod',
    shortNames: ['po'],
    inAll: true,
    status: true,
    generation: 'spec',
    returnsDeleted: true,
  },
  {
    kind: 'Service',
    shortNames: ['svc'],
    inAll: true,
    status: true,
    names: dns1035Label,
    createOnUpdate: true,
    returnsDeleted: true,
  },
  {
    kind: 'Endpoints',
    resource: 'endpoints',
    shortNames: ['ep'],
    createOnUpdate: true,
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  { kind: 'ConfigMap', shortNames: ['cm'] },
  { kind: 'Secret' },
  { kind: 'ServiceAccount', shortNames: ['sa'], returnsDeleted: true },
  {
    kind: 'Event',
    model: 'CoreV1Event',
    form: CORE_EVENTS,
    shortNames: ['ev'],
    createOnUpdate: true,
  },
  { kind: 'ResourceQuota', shortNames: ['quota'], status: true, returnsDeleted: true },
  { kind: 'LimitRange', shortNames: ['limits'], createOnUpdate: true },
  {
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    status: true,
    returnsDeleted: true,
  },
  {
    ...WORKLOAD,
    kind: 'Deployment',
    shortNames: ['deploy'],
    generation: 'spec-and-annotations',
    scale: SCALE,
  },
  { ...WORKLOAD, kind: 'ReplicaSet', shortNames: ['rs'], generation: 'spec', scale: SCALE },
  { ...WORKLOAD, kind: 'StatefulSet', shortNames: ['sts'], generation: 'spec', scale: SCALE },
  { ...WORKLOAD, kind: 'DaemonSet', shortNames: ['ds'], generation: 'spec' },
  { group: 'apps', kind: 'ControllerRevision' },
  {
    group: 'autoscaling',
    version: 'v2',
    kind: 'HorizontalPodAutoscaler',
    shortNames: ['hpa'],
    inAll: true,
    status: true,
  },
  {
    group: 'autoscaling',
    kind: 'HorizontalPodAutoscaler',
    shortNames: ['hpa'],
    inAll: true,
    status: true,
    form: AUTOSCALER_V1,
    rulesElsewhere: true,
  },
  {
    group: 'batch',
    kind: 'Job',
    inAll: true,
    status: true,
    generation: 'spec',
    orphansByDefault: true,
  },
  {
    group: 'batch',
    kind: 'CronJob',
    shortNames: ['cj'],
    inAll: true,
    status: true,
    generation: 'spec',
  },
  { group: 'discovery.k8s.io', kind: 'EndpointSlice', generation: 'content' },
  {
    group: 'networking.k8s.io',
    kind: 'Ingress',
    resource: 'ingresses',
    shortNames: ['ing'],
    status: true,
    generation: 'spec-and-annotations',
  },
  {
    group: 'networking.k8s.io',
    kind: 'NetworkPolicy',
    resource: 'networkpolicies',
    shortNames: ['netpol'],
    generation: 'spec',
  },
  {
    group: 'policy',
    kind: 'PodDisruptionBudget',
    shortNames: ['pdb'],
    status: true,
    generation: 'spec',
    fencedUpdate: true,
  },
  { group: 'coordination.k8s.io', kind: 'Lease', createOnUpdate: true, fencedUpdate: true },
  {
    group: 'events.k8s.io',
    kind: 'Event',
    model: 'EventsV1Event',
    form: NAMED_EVENTS,
    shortNames: ['ev'],
    createOnUpdate: true,
  },
  { ...RBAC, kind: 'Role' },
  { ...RBAC, kind: 'RoleBinding' },
  { ...RBAC, kind: 'ClusterRole', cluster: true },
  { ...RBAC, kind: 'ClusterRoleBinding', cluster: true },
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    shortNames: ['crd', 'crds'],
    cluster: true,
    status: true,
    generation: 'spec',
    fencedUpdate: true,
  },
];
