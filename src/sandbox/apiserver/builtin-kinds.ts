import { scalarText } from './json-tree.ts';
import { AUTOSCALER_V1 } from './autoscaler-forms.ts';
import { CLUSTER_COLUMNS } from './builtin-columns-cluster.ts';
import { WORKLOAD_COLUMNS } from './builtin-columns-workloads.ts';
import { BUILTIN_DEFAULTS } from './builtin-defaults.ts';
import { builtinSchema } from './builtin-schema.ts';
import { BUILTIN_VALIDATION } from './builtin-validation.ts';
import type { KubeObject } from './cluster-state.ts';
import { EVENT_FORMS } from './event-forms.ts';
import { fieldFault } from './field-faults.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, pathSegment, type NameRule } from './name-rules.ts';
import {
  ALL_VERBS,
  sameInEveryVersion,
  valueAt,
  type GenerationRule,
  type KindRules,
  type ResourceDefinition,
  type ScalePaths,
  type StorageForm,
} from './resource-definition.ts';
import { DEFAULT_COLUMNS } from './table-columns.ts';

/** What distinguishes one built-in kind from another; everything left out is the usual. */
interface BuiltinKind {
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
  returnsDeleted?: true;
  orphansByDefault?: true;
  /** Another version of a kind listed above, which has its rules there. */
  otherForm?: StorageForm;
}

const SCALE: ScalePaths = { specReplicas: 'spec.replicas', statusReplicas: 'status.replicas' };
const WORKLOAD = { group: 'apps', status: true, inAll: true } as const;
const RBAC = {
  group: 'rbac.authorization.k8s.io',
  names: pathSegment,
  createOnUpdate: true,
} as const;

const KINDS: BuiltinKind[] = [
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
  { kind: 'Endpoints', resource: 'endpoints', shortNames: ['ep'], createOnUpdate: true },
  { kind: 'ConfigMap', shortNames: ['cm'] },
  { kind: 'Secret' },
  { kind: 'ServiceAccount', shortNames: ['sa'], returnsDeleted: true },
  { kind: 'Event', model: 'CoreV1Event', shortNames: ['ev'], createOnUpdate: true },
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
    otherForm: AUTOSCALER_V1,
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

/** The definitions of the built-in resources. `rules` adds what a kind needs beyond its data. */
export function builtinDefinitions(
  rules: Record<string, Partial<KindRules>> = {},
): ResourceDefinition[] {
  return KINDS.map((kind) => define(kind, rules));
}

function define(kind: BuiltinKind, extra: Record<string, Partial<KindRules>>): ResourceDefinition {
  const { group = '', version = 'v1' } = kind;
  const singular = kind.kind.toLowerCase();
  const resource = kind.resource ?? `${singular}s`;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return {
    group,
    version,
    resource,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    singular,
    shortNames: kind.shortNames ?? [],
    categories: [
      ...(kind.inAll ? ['all'] : []),
      ...(kind.kind === 'CustomResourceDefinition' ? ['api-extensions'] : []),
    ],
    namespaced: kind.cluster !== true,
    custom: false,
    schema: builtinSchema(kind.model ?? `${version.toUpperCase()}${kind.kind}`),
    subresources: {
      status: kind.status === true,
      ...(kind.scale ? { scale: kind.scale } : {}),
      ...(resource === 'pods' ? { eviction: true as const } : {}),
      ...(resource === 'namespaces' ? { finalize: true as const } : {}),
    },
    rules: { ...rulesOf(kind, resource), ...extra[resource] },
    columns: WORKLOAD_COLUMNS[resource] ?? CLUSTER_COLUMNS[resource] ?? DEFAULT_COLUMNS,
    selectableFields: SELECTABLE_FIELDS[resource] ?? {},
    storage:
      kind.otherForm ??
      EVENT_FORMS[apiVersion + kind.kind] ??
      sameInEveryVersion(resource, apiVersion, apiVersion),
    verbs: ALL_VERBS,
  };
}

function rulesOf(kind: BuiltinKind, resource: string): KindRules {
  const fillIn = kind.otherForm ? undefined : BUILTIN_DEFAULTS[resource];
  const validate = kind.otherForm ? undefined : BUILTIN_VALIDATION[resource];
  const nameRule = kind.names ?? dnsSubdomain;
  return {
    generation: kind.generation ?? 'none',
    unconditionalUpdate: kind.fencedUpdate !== true,
    createOnUpdate: kind.createOnUpdate === true,
    orphansByDefault: kind.orphansByDefault === true,
    returnsDeleted: kind.returnsDeleted === true,
    ...(fillIn ? { applyDefaults: (object) => fillIn(object.spec ?? {}, object) } : {}),
    validate: (next, previous) => [
      ...(previous ? [] : nameFaults(nameRule, next)),
      ...(validate?.(next, previous) ?? []),
    ],
  };
}

function nameFaults(
  rule: NameRule,
  { metadata }: KubeObject,
): ReturnType<typeof fieldFault.invalid>[] {
  if (!metadata.name) return [];
  return rule(metadata.name).map((detail) =>
    fieldFault.invalid('metadata.name', metadata.name, detail),
  );
}

type FieldReaders = Record<string, (object: KubeObject) => string>;

/** What a fieldSelector may name, beyond name and namespace. */
const SELECTABLE_FIELDS: Record<string, FieldReaders> = {
  pods: readers(
    'spec.nodeName spec.restartPolicy spec.schedulerName spec.serviceAccountName spec.hostNetwork status.phase status.podIP status.nominatedNodeName',
  ),
  events: readers(
    'involvedObject.kind involvedObject.namespace involvedObject.name involvedObject.uid involvedObject.apiVersion involvedObject.resourceVersion involvedObject.fieldPath reason reportingComponent source type',
  ),
  nodes: readers('spec.unschedulable'),
  namespaces: readers('status.phase'),
  secrets: readers('type'),
  services: readers('spec.clusterIP spec.type'),
  replicasets: readers('status.replicas'),
  jobs: readers('status.successful'),
};

function readers(paths: string): FieldReaders {
  return Object.fromEntries(
    paths.split(' ').map((path) => [
      path,
      (object: KubeObject) => {
        const value = valueAt(object, path === 'source' ? 'source.component' : path);
        return scalarText(value);
      },
    ]),
  );
}
