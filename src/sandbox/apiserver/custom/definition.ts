import { scalarText } from '../values/json-tree.ts';
import { apiVersionOf, CUSTOM_VERBS, sameInEveryVersion } from '../objects/resource-definition.ts';
import type {
  ResourceDefinition,
  ScalePaths,
  Subresources,
} from '../objects/resource-definition.ts';
import { builtinSchema } from '../builtin/model-schema.ts';
import type { FieldFault } from '../objects/api-errors.ts';
import type { KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { parseJsonPath } from '../table/json-path.ts';
import { dnsSubdomain } from '../objects/name-rules.ts';
import type { Schema } from '../schema/schema.ts';
import { customColumns, type PrinterColumn } from '../table/columns.ts';

/** The spec of a CustomResourceDefinition, as far as the server reads it. */
export interface CrdSpec {
  group: string;
  scope: 'Namespaced' | 'Cluster';
  names: CrdNames;
  versions: CrdVersion[];
}

export interface CrdNames {
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames?: string[];
  categories?: string[];
}

export interface CrdVersion {
  name: string;
  served: boolean;
  storage: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: Schema };
  subresources?: {
    status?: Record<string, never>;
    scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  };
  additionalPrinterColumns?: PrinterColumn[];
  selectableFields?: { jsonPath: string }[];
}

export function crdSpecOf(crd: KubeObject): CrdSpec {
  return crd.spec as unknown as CrdSpec;
}

/** One definition for each version that a CustomResourceDefinition serves. */
export function customDefinitions(crd: KubeObject): ResourceDefinition[] {
  const spec = crdSpecOf(crd);
  const storageVersion = spec.versions.find((version) => version.storage) ?? spec.versions[0];
  return spec.versions
    .filter((version) => version.served)
    .map((version) => define(spec, version, storageVersion?.name ?? version.name));
}

function define(spec: CrdSpec, version: CrdVersion, storageVersion: string): ResourceDefinition {
  const { group, names } = spec;
  const served = apiVersionOf({ group, version: version.name });
  const stored = apiVersionOf({ group, version: storageVersion });
  return {
    group,
    version: version.name,
    resource: names.plural,
    kind: names.kind,
    listKind: names.listKind,
    singular: names.singular,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: spec.scope === 'Namespaced',
    custom: true,
    schema: resourceSchema(
      version.schema?.openAPIV3Schema ?? { type: 'object' },
      spec,
      version.name,
    ),
    subresources: subresourcesOf(version),
    rules: {
      generation: 'content',
      unconditionalUpdate: false,
      validate: (next, previous) => (previous ? [] : nameFaults(next)),
      warnings: finalizerWarnings,
    },
    columns: customColumns(version.additionalPrinterColumns),
    selectableFields: selectableFields(version),
    storage: sameInEveryVersion(`${names.plural}.${group}`, stored, served),
    verbs: CUSTOM_VERBS,
    ...(version.deprecated ? { deprecation: deprecation(spec, version) } : {}),
  };
}

/** The declared schema, with what every object has besides. */
function resourceSchema(declared: Schema, spec: CrdSpec, version: string): Schema {
  return {
    ...declared,
    model: `${spec.group.split('.').reverse().join('.')}.${version}.${spec.names.kind}`,
    type: 'object',
    properties: {
      ...declared.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: builtinSchema('V1ObjectMeta'),
    },
  };
}

function subresourcesOf({ subresources }: CrdVersion): Subresources {
  const scale = subresources?.scale;
  return {
    status: subresources?.status !== undefined,
    ...(scale ? { scale: scalePaths(scale) } : {}),
  };
}

function scalePaths(scale: {
  specReplicasPath: string;
  statusReplicasPath: string;
  labelSelectorPath?: string;
}): ScalePaths {
  const dotted = (path: string): string => path.replace(/^\./, '');
  return {
    specReplicas: dotted(scale.specReplicasPath),
    statusReplicas: dotted(scale.statusReplicasPath),
    ...(scale.labelSelectorPath ? { labelSelector: dotted(scale.labelSelectorPath) } : {}),
  };
}

function selectableFields(version: CrdVersion): Record<string, (object: KubeObject) => string> {
  return Object.fromEntries(
    (version.selectableFields ?? []).map(({ jsonPath }) => {
      const find = parseJsonPath(jsonPath);
      const read = (object: KubeObject): string => {
        const [value] = find(object);
        return scalarText(value);
      };
      return [jsonPath.replace(/^\./, ''), read];
    }),
  );
}

function nameFaults({ metadata }: KubeObject): FieldFault[] {
  if (!metadata.name) return [];
  return dnsSubdomain(metadata.name).map((detail) =>
    fieldFault.invalid('metadata.name', metadata.name, detail),
  );
}

function deprecation({ group, names }: CrdSpec, version: CrdVersion): string {
  return version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`;
}

function finalizerWarnings({ metadata }: KubeObject): string[] {
  return (metadata.finalizers ?? [])
    .filter((finalizer) => !finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
    .map(
      (finalizer) =>
        `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name${finalizer.includes('.') ? ' including a path (/)' : ''} to avoid accidental conflicts with other finalizer writers`,
    );
}

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);
