import { conflict, invalid } from './api-errors.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { fieldFault } from './field-faults.ts';
import { cloneJson } from '../values/json-tree.ts';
import { emptyObject } from '../ownership/managed-fields.ts';
import type { Subresource, UpdateRequest } from './update-request.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** Optimistic concurrency: the writer must have seen the present state, if it claims any. */
export function requireFresh(
  definition: ResourceDefinition,
  next: KubeObject,
  current: KubeObject,
  { unconditional = false, ownsTracking = false }: UpdateRequest,
): void {
  const { name, uid, resourceVersion } = current.metadata;
  // In an apply another identity is a change of a field that cannot change: validation says so.
  if (!ownsTracking && next.metadata.uid && next.metadata.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${uid}`;
    throw conflict(definition, name, why);
  }
  if (!next.metadata.resourceVersion) {
    if (!unconditional && !definition.rules.unconditionalUpdate) {
      const detail = 'must be specified for an update';
      const faults = [{ ...fieldFault.invalid('metadata.resourceVersion', 0, detail) }];
      throw invalid({ group: definition.group, kind: definition.resource }, name, faults);
    }
    next.metadata.resourceVersion = resourceVersion;
  }
  if (next.metadata.resourceVersion !== resourceVersion) throw conflict(definition, name);
}

/**
 * Undoes what this endpoint does not write: status on the main one; on /status everything else,
 * where built-in kinds still let annotations and other metadata through.
 */
export function keepUntouched(
  definition: ResourceDefinition,
  next: KubeObject,
  current: KubeObject,
  subresource: Subresource | undefined,
): void {
  if (subresource !== 'status') {
    if (definition.subresources.status) restore(next, current, 'status');
    return;
  }
  for (const field of new Set([...Object.keys(next), ...Object.keys(current)])) {
    if (!['status', 'metadata', 'apiVersion', 'kind'].includes(field))
      restore(next, current, field);
  }
  const given = next.metadata;
  if (definition.custom) next.metadata = cloneJson(current.metadata);
  else if (definition.rules.statusKeepsLabels === true)
    restore(
      next.metadata as unknown as JsonObject,
      current.metadata as unknown as JsonObject,
      'labels',
    );
  next.metadata.resourceVersion = given.resourceVersion;
  if (given.managedFields) next.metadata.managedFields = given.managedFields;
  else delete next.metadata.managedFields;
}

function restore(
  next: Record<string, unknown>,
  current: Record<string, unknown>,
  field: string,
): void {
  if (current[field] === undefined) delete next[field];
  else next[field] = cloneJson(current[field]);
}

/** The last finalizer of an object under deletion is gone, and no grace period is left to wait. */
export function isLetGo(next: KubeObject, current: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = current.metadata;
  const finalizers = next.metadata.finalizers ?? [];
  return (
    deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0
  );
}

/** Nobody creates a status: a built-in kind starts with its empty one, a custom one with none. */
export function resetStatus(definition: ResourceDefinition, object: KubeObject): void {
  if (!definition.subresources.status) return;
  const { status } = emptyObject(definition);
  if (status === undefined) delete object.status;
  else object.status = cloneJson(status);
}
