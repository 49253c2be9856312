import { badRequest } from '../objects/api-errors.ts';
import {
  ApiError,
  type JsonObject,
  type JsonValue,
  type KubeObject,
  type StatusCause,
} from '../cluster-state.ts';
import { compareFields, fieldsOf } from './comparison.ts';
import { isNamedField, schemaBelow } from './relations.ts';
import { pathText, type FieldSet } from './field-set.ts';
import { mergeApplied, removeFields } from './merge.ts';
import { jsonEqual } from '../values/json-tree.ts';
import {
  decodeOwners,
  emptyObject,
  encodeOwners,
  identify,
  isSameManager,
  NEVER_OWNED,
  trackUpdate,
  visibleFields,
  withoutOwnership,
  type EmptyObject,
  type Ownership,
  type Writer,
} from './managed-fields.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import type { Schema } from '../schema/schema.ts';
import { LAST_APPLIED } from './last-applied.ts';

export interface Apply {
  config: JsonObject;
  writer: Writer;
  force: boolean;
}

/**
 * Server-side apply: what the configuration states is merged in and owned; what its manager stated
 * before and no longer does, and nobody else owns, is removed. Answers the object with its new
 * managedFields, not yet defaulted. Throws Conflict when another manager owns a field that would
 * change, unless forced. Without `current` the object is to be created.
 */
export function applyConfiguration(
  definition: ResourceDefinition,
  current: KubeObject | undefined,
  apply: Apply,
  now: Date,
): JsonObject {
  requireApplicable(apply.config);
  const { schema } = definition;
  const live = current ?? emptyObject(definition);
  const owners = ownersBefore(definition, current, now);
  const mine = identify(definition, apply.writer, 'Apply');
  const previous = owners.find(({ entry }) => isSameManager(entry, mine));
  const stated = visibleFields(
    fieldsOf(apply.config, schema),
    definition,
    apply.writer.subresource,
  );
  const withMine = [
    ...owners.filter((owner) => owner !== previous),
    {
      entry: { ...mine, ...(previous?.entry.time ? { time: previous.entry.time } : {}) },
      fields: stated,
    },
  ];
  const merged = mergeApplied(withoutOwnership(live), apply.config, schema) as JsonObject;
  const pruned = previous ? prune(merged, schema, withMine, previous.fields) : merged;
  const settled = settle(definition, live, pruned, withMine, apply, mine);
  return withOwners(live, pruned, settled, { mine, previous, now });
}

function requireApplicable(config: JsonObject): void {
  const metadata = config['metadata'] as JsonObject | undefined;
  if (metadata?.['managedFields'] !== undefined && metadata['managedFields'] !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
}

/** Objects written before anyone applied belong to a manager of that name. */
function ownersBefore(
  definition: ResourceDefinition,
  current: KubeObject | undefined,
  now: Date,
): Ownership[] {
  const owners = decodeOwners(current?.metadata.managedFields);
  if (!current || owners.length > 0) return owners;
  const writer = { manager: 'before-first-apply', subresource: undefined };
  const { managedFields: _managedFields, ...metadata } = current.metadata;
  return decodeOwners(trackUpdate(definition, { ...current, metadata }, undefined, writer, now));
}

/** Takes away what the manager owned before and states no longer, unless somebody else owns it. */
function prune(
  merged: JsonObject,
  schema: Schema,
  owners: readonly Ownership[],
  previous: FieldSet,
): JsonObject {
  const removed = removeFields(merged, namedParents(previous, schema), schema) as JsonObject;
  const owned = owners
    .map(({ fields }) => namedParents(fields, schema))
    .reduce((all, fields) => all.union(fields));
  const mergedFields = namedParents(fieldsOf(merged, schema), schema);
  const prunedFields = namedParents(fieldsOf(removed, schema), schema);
  const withOwned = removeFields(
    merged,
    mergedFields.difference(prunedFields.union(owned)),
    schema,
  ) as JsonObject;
  const dangling = fieldsOf(merged, schema)
    .difference(fieldsOf(withOwned, schema))
    .intersection(previous);
  return removeFields(merged, dangling, schema) as JsonObject;
}

function namedParents(fields: FieldSet, schema: Schema): FieldSet {
  return fields.withNamedParents<Schema | undefined>(schema, isNamedField, schemaBelow);
}

/** Others lose what the apply changes, if it may change that at all. */
function settle(
  definition: ResourceDefinition,
  live: KubeObject | EmptyObject,
  pruned: JsonObject,
  owners: readonly Ownership[],
  { force, writer }: Apply,
  mine: Ownership['entry'],
): Ownership[] {
  const changes = compareFields(withoutOwnership(live), pruned, definition.schema);
  const touched = visibleFields(
    changes.added.union(changes.modified),
    definition,
    writer.subresource,
  );
  const isMine = (owner: Ownership): boolean => isSameManager(owner.entry, mine);
  const conflicts = owners
    .filter((owner) => !isMine(owner))
    .map((owner) => ({ owner, fields: owner.fields.intersection(touched) }))
    .filter(({ fields }) => !fields.isEmpty);
  if (!force && conflicts.length > 0) refuse(definition, live, conflicts, writer);
  return owners.map((owner) => {
    if (isMine(owner)) return { ...owner, fields: owner.fields.difference(NEVER_OWNED) };
    return { ...owner, fields: owner.fields.difference(touched).difference(changes.removed) };
  });
}

function withOwners(
  live: KubeObject | EmptyObject,
  pruned: JsonObject,
  owners: Ownership[],
  { mine, previous, now }: { mine: Ownership['entry']; previous: Ownership | undefined; now: Date },
): JsonObject {
  const isUnchanged =
    jsonEqual(withoutOwnership(live), pruned) &&
    previous !== undefined &&
    owners.some((one) => isSameManager(one.entry, mine) && one.fields.equals(previous.fields));
  const time = `${now.toISOString().slice(0, 19)}Z`;
  const timed = owners.map((owner) =>
    isSameManager(owner.entry, mine) && !isUnchanged
      ? { ...owner, entry: { ...mine, time } }
      : owner,
  );
  const managedFields = encodeOwners(timed) as unknown as JsonValue;
  return { ...pruned, metadata: { ...(pruned['metadata'] as JsonObject), managedFields } };
}

interface ConflictingOwner {
  owner: Ownership;
  fields: FieldSet;
}

function refuse(
  definition: ResourceDefinition,
  live: KubeObject | EmptyObject,
  conflicts: ConflictingOwner[],
  writer: Writer,
): void {
  const remaining = conflicts
    .map(({ owner, fields }) => ({
      owner,
      fields: fields.difference(lastAppliedFields(definition, live, writer)),
    }))
    .filter(({ fields }) => !fields.isEmpty);
  if (remaining.length > 0) throw conflictError(remaining);
}

/** kubectl takes over, without force, what it wrote itself by client-side apply. */
function lastAppliedFields(
  definition: ResourceDefinition,
  live: KubeObject | EmptyObject,
  { manager }: Writer,
): FieldSet {
  const text = live.metadata?.annotations?.[LAST_APPLIED];
  if (manager !== 'kubectl' || !text) return fieldsOf({}, definition.schema);
  try {
    return fieldsOf(JSON.parse(text) as JsonValue, definition.schema);
  } catch {
    return fieldsOf({}, definition.schema);
  }
}

function conflictError(conflicts: ConflictingOwner[]): ApiError {
  const found = conflicts.flatMap(({ owner, fields }) =>
    fields.paths().map((path) => ({ manager: nameOf(owner), field: pathText(path) })),
  );
  const causes: StatusCause[] = found.map(({ manager, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field,
  }));
  const [only] = found;
  if (found.length === 1 && only) {
    const message = `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.field}`;
    return new ApiError(409, 'Conflict', message, { causes });
  }
  const lines = [...new Set(found.map(({ manager }) => manager))]
    .sort()
    .flatMap((manager) => [
      `conflicts with ${manager}:`,
      ...found.filter((one) => one.manager === manager).map(({ field }) => `- ${field}`),
    ]);
  const message = `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
  return new ApiError(409, 'Conflict', message, { causes });
}

function nameOf({ entry }: Ownership): string {
  const through = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  const version = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
  return `"${entry.manager}"${through}${version}`;
}
