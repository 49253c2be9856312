import { CLUSTER_COLUMNS } from './columns-cluster.ts';
import { WORKLOAD_COLUMNS } from './columns-workloads.ts';
import { BUILTIN_DEFAULTS } from './defaults.ts';
import { BUILTIN_KINDS, type BuiltinKind } from './kinds.ts';
import { builtinSchema } from './model-schema.ts';
import { BUILTIN_VALIDATION } from './validation.ts';
import type { KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { scalarText } from '../values/json-tree.ts';
import { dnsSubdomain, type NameRule } from '../objects/name-rules.ts';
import {
  ALL_VERBS,
  sameInEveryVersion,
  valueAt,
  type KindRules,
  type ResourceDefinition,
  type Subresources,
} from '../objects/resource-definition.ts';
import { DEFAULT_COLUMNS } from '../table/columns.ts';

/** The definitions of the built-in resources. `rules` adds what a kind needs beyond its data. */
export function builtinDefinitions(
  rules: Record<string, Partial<KindRules>> = {},
): ResourceDefinition[] {
  return BUILTIN_KINDS.map((kind) => define(kind, rules));
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
    categories: categoriesOf(kind),
    namespaced: kind.cluster !== true,
    custom: false,
    schema: builtinSchema(kind.model ?? `${version.toUpperCase()}${kind.kind}`),
    subresources: subresourcesOf(kind, resource),
    rules: { ...rulesOf(kind, resource), ...extra[resource] },
    columns: WORKLOAD_COLUMNS[resource] ?? CLUSTER_COLUMNS[resource] ?? DEFAULT_COLUMNS,
    selectableFields: SELECTABLE_FIELDS[resource] ?? {},
    storage: kind.form ?? sameInEveryVersion(resource, apiVersion, apiVersion),
    verbs:
      resource === 'namespaces'
        ? ALL_VERBS.filter((verb) => verb !== 'deletecollection')
        : ALL_VERBS,
    ...(kind.deprecation ? { deprecation: kind.deprecation } : {}),
  };
}

function categoriesOf(kind: BuiltinKind): string[] {
  if (kind.kind === 'CustomResourceDefinition') return ['api-extensions'];
  return kind.inAll ? ['all'] : [];
}

function subresourcesOf(kind: BuiltinKind, resource: string): Subresources {
  return {
    status: kind.status === true,
    ...(kind.scale ? { scale: kind.scale } : {}),
    ...(resource === 'pods' ? { eviction: true as const } : {}),
    ...(resource === 'namespaces' ? { finalize: true as const } : {}),
  };
}

function rulesOf(kind: BuiltinKind, resource: string): KindRules {
  const fillIn = kind.rulesElsewhere ? undefined : BUILTIN_DEFAULTS[resource];
  const validate = kind.rulesElsewhere ? undefined : BUILTIN_VALIDATION[resource];
  const nameRule = kind.names ?? dnsSubdomain;
  return {
    generation: kind.generation ?? 'none',
    unconditionalUpdate: kind.fencedUpdate !== true,
    createOnUpdate: kind.createOnUpdate === true,
    orphansByDefault: kind.orphansByDefault === true,
    returnsDeleted: kind.returnsDeleted === true,
    statusKeepsLabels: resource === 'deployments',
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
  const { generateName = '', name } = metadata;
  // A prefix may end in a dash, which then stands in the middle of the name.
  const prefixFaults = generateName === '' ? [] : rule(generateName.replace(/-$/, 'a'));
  return [
    ...prefixFaults.map((detail) =>
      fieldFault.invalid('metadata.generateName', generateName, detail),
    ),
    ...(name ? rule(name) : []).map((detail) => fieldFault.invalid('metadata.name', name, detail)),
  ];
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
