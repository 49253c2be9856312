import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { schemaOfField, type Schema } from './schema.ts';

/** Every object, custom or embedded, may carry these, whatever its schema says. */
const OBJECT_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Removes, in place, what a structural schema does not name, and answers the paths of what it
 * removed. Custom objects are pruned before they are stored, and so never hold such fields.
 */
export function pruneUnknownFields(object: JsonObject, schema: Schema): string[] {
  const removed: string[] = [];
  pruneObject(object, schema, '', true, removed);
  return removed;
}

function prune(
  value: JsonValue | undefined,
  schema: Schema,
  path: string,
  removed: string[],
): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (schema.items) prune(item, schema.items, `${path}[${index}]`, removed);
    }
  } else if (isJsonObject(value)) {
    const embedded = schema['x-kubernetes-embedded-resource'] === true;
    pruneObject(value, schema, path, embedded, removed);
  }
}

function pruneObject(
  object: JsonObject,
  schema: Schema,
  path: string,
  isResource: boolean,
  removed: string[],
): void {
  const preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
  for (const field of Object.keys(object)) {
    if (isResource && OBJECT_FIELDS.has(field)) continue;
    const fieldPath = path === '' ? field : `${path}.${field}`;
    const known = schemaOfField(schema, field);
    if (known) prune(object[field], known, fieldPath, removed);
    else if (!preserve && schema.additionalProperties !== true) {
      removed.push(fieldPath);
      delete object[field];
    }
  }
}
