import type { JsonObject, JsonValue, KubeObject, ManagedFieldsEntry } from '../cluster-state.ts';
import { compareFields, type Comparison } from './comparison.ts';
import { FieldSet } from './field-set.ts';
import { apiVersionOf, type ResourceDefinition } from '../objects/resource-definition.ts';
import type { Schema } from '../schema/schema.ts';

/** Who writes, and through which endpoint. */
export interface Writer {
  manager: string;
  subresource: string | undefined;
}

/** What one manager owns. Entries of one manager differ by operation, version and subresource. */
export interface Ownership {
  entry: ManagedFieldsEntry;
  fields: FieldSet;
}

const MOST_UPDATE_MANAGERS = 10;

/** Fields that nobody can own: they are the server's, or the object's identity. */
export const NEVER_OWNED = FieldSet.of(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((field) => ['f:metadata', `f:${field}`]),
);

/**
 * The managedFields after an ordinary write: the writer owns what it added or altered, and all
 * others lose what it touched. `current` is undefined for a creation.
 */
export function trackUpdate(
  definition: ResourceDefinition,
  next: KubeObject,
  current: KubeObject | undefined,
  writer: Writer,
  now: Date,
): ManagedFieldsEntry[] {
  const owners = startingOwners(next, current, writer);
  if (owners === undefined) return [];
  if (current && owners.length === 0) return [];
  const before = withoutOwnership(current ?? emptyObject(definition));
  const changes = visibleChanges(
    compareFields(before, withoutOwnership(next), definition.schema),
    definition,
    writer.subresource,
  );
  const touched = changes.added.union(changes.modified);
  if (touched.isEmpty && changes.removed.isEmpty) return encodeOwners(owners);
  // The scale endpoint follows the ownership of replicas, but does not begin it.
  const isScale = writer.subresource === 'scale';
  if (isScale && !owners.some(({ fields }) => !fields.intersection(touched).isEmpty)) {
    return encodeOwners(owners);
  }
  const mine = identify(definition, writer, 'Update');
  const rest = owners.map((owner) => ({
    ...owner,
    fields: owner.fields.difference(touched).difference(changes.removed),
  }));
  const gained = touched.difference(NEVER_OWNED);
  return encodeOwners(capped(gained.isEmpty ? rest : claim(rest, mine, gained, now)));
}

export function decodeOwners(entries: readonly ManagedFieldsEntry[] | undefined): Ownership[] {
  return (entries ?? []).map(({ fieldsV1 = {}, ...entry }) => ({
    entry,
    fields: FieldSet.fromJson(fieldsV1),
  }));
}

/** Managers that own nothing are left out; applies come first, then by time and name. */
export function encodeOwners(owners: readonly Ownership[]): ManagedFieldsEntry[] {
  return owners
    .filter(({ fields }) => !fields.isEmpty)
    .map(({ entry, fields }) => ({
      ...entry,
      fieldsType: 'FieldsV1' as const,
      fieldsV1: fields.toJson(),
    }))
    .sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1));
}

export function identify(
  definition: ResourceDefinition,
  { manager, subresource }: Writer,
  operation: 'Apply' | 'Update',
): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion: apiVersionOf(definition),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

/** An applier is one whatever version it applies in; an updater is another in each version. */
export function isSameManager(left: ManagedFieldsEntry, right: ManagedFieldsEntry): boolean {
  return (
    left.manager === right.manager &&
    left.operation === right.operation &&
    left.subresource === right.subresource &&
    (left.operation === 'Apply' || left.apiVersion === right.apiVersion)
  );
}

/** Only what this endpoint writes: status through /status, the rest through the main one. */
export function visibleFields(
  fields: FieldSet,
  { subresources, custom }: ResourceDefinition,
  subresource: string | undefined,
): FieldSet {
  if (!subresources.status) return fields;
  if (subresource !== 'status') return fields.without(FieldSet.of(['f:status']));
  const labels = custom ? [] : [['f:metadata', 'f:labels']];
  return fields.without(FieldSet.of(['f:spec'], ...labels));
}

export function withoutOwnership(object: KubeObject | EmptyObject): JsonValue {
  if (object.metadata === undefined) return object as unknown as JsonValue;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata } as unknown as JsonValue;
}

/** For comparing objects when a new time of ownership alone is no change. */
export function withoutTimes(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata;
  if (!managedFields) return object;
  const untimed = managedFields.map(({ time: _time, ...entry }) => entry);
  return { ...object, metadata: { ...metadata, managedFields: untimed } };
}

/** An object of a kind before anyone has written to it; a custom one has not even metadata. */
export type EmptyObject = Partial<KubeObject>;

/** What Go's zero value of the kind would show. */
export function emptyObject(definition: ResourceDefinition): EmptyObject {
  const { kind, schema, custom } = definition;
  const base = { apiVersion: apiVersionOf(definition), kind };
  if (custom) return base;
  return { ...base, metadata: {} as KubeObject['metadata'], ...alwaysPresent(schema) };
}

function alwaysPresent(schema: Schema): JsonObject {
  const fields: JsonObject = {};
  for (const [field, zero] of Object.entries(schema.always ?? {})) {
    const known = schema.properties?.[field];
    const isStruct = typeof zero === 'object' && zero !== null && known !== undefined;
    fields[field] = isStruct ? alwaysPresent(known) : zero;
  }
  return fields;
}

/** A client may edit managedFields, or reset them with an empty list; leaving them out keeps them. */
function startingOwners(
  next: KubeObject,
  current: KubeObject | undefined,
  { subresource }: Writer,
): Ownership[] | undefined {
  const given = next.metadata.managedFields;
  if (subresource !== undefined) return decodeOwners(current?.metadata.managedFields);
  if (given && isReset(given)) return undefined;
  return decodeOwners(given ?? current?.metadata.managedFields);
}

function isReset(entries: ManagedFieldsEntry[]): boolean {
  return (
    entries.length === 0 || (entries.length === 1 && Object.keys(entries[0] ?? {}).length === 0)
  );
}

function visibleChanges(
  changes: Comparison,
  definition: ResourceDefinition,
  subresource: string | undefined,
): Comparison {
  const visible = (fields: FieldSet): FieldSet => visibleFields(fields, definition, subresource);
  return {
    added: visible(changes.added),
    modified: visible(changes.modified),
    removed: visible(changes.removed),
  };
}

function claim(
  owners: readonly Ownership[],
  mine: ManagedFieldsEntry,
  gained: FieldSet,
  now: Date,
): Ownership[] {
  // The scale endpoint leaves its entries without a time.
  const time = mine.subresource === 'scale' ? undefined : `${now.toISOString().slice(0, 19)}Z`;
  const mineBefore = owners.find(({ entry }) => isSameManager(entry, mine));
  const others = owners.filter((owner) => owner !== mineBefore);
  const fields = mineBefore ? mineBefore.fields.union(gained) : gained;
  return [...others, { entry: { ...mine, ...(time ? { time } : {}) }, fields }];
}

/** More than ten updating managers: the oldest are merged into one entry. */
function capped(owners: Ownership[]): Ownership[] {
  const updaters = owners.filter(
    ({ entry, fields }) => entry.operation === 'Update' && !fields.isEmpty,
  );
  const excess = updaters.length - MOST_UPDATE_MANAGERS;
  if (excess <= 0) return owners;
  const oldest = updaters
    .sort((left, right) => ((left.entry.time ?? '') < (right.entry.time ?? '') ? -1 : 1))
    .slice(0, excess + 1);
  const last = oldest.at(-1) as Ownership;
  const { subresource: _subresource, ...entry } = last.entry;
  const fields = oldest.reduce((all, owner) => all.union(owner.fields), new FieldSet());
  return [
    ...owners.filter((owner) => !oldest.includes(owner)),
    { entry: { ...entry, manager: 'ancient-changes' }, fields },
  ];
}

function sortKey(entry: ManagedFieldsEntry): string {
  const { operation = '', time = '', manager = '', apiVersion = '', subresource = '' } = entry;
  return [operation, time, manager, apiVersion, subresource].join('\0');
}
