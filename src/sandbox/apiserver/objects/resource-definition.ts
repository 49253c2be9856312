import type { FieldFault } from './api-errors.ts';
import type { JsonObject, KubeObject, ResourceKind } from '../cluster-state.ts';
import type { Schema } from '../schema/schema.ts';
import type { TableColumn } from '../table/columns.ts';

/** Everything the server has to know about one resource in one version, built in or custom. */
export interface ResourceDefinition extends ResourceKind {
  kind: string;
  listKind: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  /** Custom resources are pruned and validated by schema; built-in kinds are decoded by it. */
  custom: boolean;
  schema: Schema;
  subresources: Subresources;
  rules: KindRules;
  columns: readonly TableColumn[];
  /** Field labels, beyond metadata.name and metadata.namespace, that a fieldSelector may name. */
  selectableFields: Record<string, (object: KubeObject) => string>;
  storage: StorageForm;
  verbs: readonly string[];
  /** The warning that every request for a version on its way out gets. */
  deprecation?: string;
}

export interface Subresources {
  status: boolean;
  scale?: ScalePaths;
  eviction?: true;
  finalize?: true;
}

/** Dotted paths without the leading dot: `spec.replicas`. */
export interface ScalePaths {
  specReplicas: string;
  statusReplicas: string;
  /** Where the selector is a string; `spec.selector` as a LabelSelector is serialised. */
  labelSelector?: string;
}

/** Versions of one resource share a table; objects are converted on the way in and out. */
export interface StorageForm {
  table: string;
  encode: (object: KubeObject) => KubeObject;
  decode: (object: KubeObject) => KubeObject;
}

/** Which changes raise `metadata.generation`; `none` for kinds that have no generation. */
export type GenerationRule = 'none' | 'spec' | 'spec-and-annotations' | 'content';

/** What a kind does to its objects on the way in. The functions change the object in place. */
export interface KindRules {
  generation: GenerationRule;
  /** A PUT that names no resourceVersion overwrites whatever is there; else it is refused. */
  unconditionalUpdate: boolean;
  /** A PUT creates what does not exist. */
  createOnUpdate?: boolean;
  /** Labels are not written through the status of a built-in kind; other metadata always is. */
  statusKeepsLabels?: boolean;
  /** Fills in what was left out. Runs on every write, also on updates. */
  applyDefaults?(object: KubeObject): void;
  /** Fills in what the server decides once, such as an allocated address. */
  prepareForCreate?(object: KubeObject): void;
  /** Carries over what an update may not change. */
  prepareForUpdate?(next: KubeObject, previous: KubeObject): void;
  validate?(next: KubeObject, previous: KubeObject | undefined): FieldFault[];
  validateStatus?(next: KubeObject, previous: KubeObject): FieldFault[];
  /** The grace period of a deletion, given the one asked for; 0 deletes at once. */
  gracePeriodSeconds?(object: KubeObject, asked: number | undefined): number;
  /** Marks an object for deletion in the kind's own way; true when that alone keeps it for now. */
  holdDeletion?(object: KubeObject): boolean;
  /** Dependents stay when whoever deletes says nothing about them. */
  orphansByDefault?: boolean;
  /** A deletion answers the deleted object, not a Status. */
  returnsDeleted?: boolean;
  warnings?(object: KubeObject): string[];
}

export const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

/** The same, in the order in which discovery lists them for custom resources. */
export const CUSTOM_VERBS = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
] as const;

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** A storage form that changes nothing but `apiVersion`. */
export function sameInEveryVersion(table: string, stored: string, served: string): StorageForm {
  if (stored === served) return { table, encode: (object) => object, decode: (object) => object };
  return {
    table,
    encode: (object) => ({ ...object, apiVersion: stored }),
    decode: (object) => ({ ...object, apiVersion: served }),
  };
}

/** A value by dotted path, for paths without lists. */
export function valueAt(object: JsonObject | KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
