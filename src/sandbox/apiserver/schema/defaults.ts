import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { cloneJson, isJsonObject } from '../values/json-tree.ts';
import { schemaOfField, type Schema } from './schema.ts';

/**
 * Fills in a structural schema's defaults, in place and from the outside in, so that a defaulted
 * object gets the defaults of its own fields. A null that the schema does not allow counts as
 * absent: it takes the default, or goes.
 */
export function applySchemaDefaults(value: JsonValue | undefined, schema: Schema): void {
  if (Array.isArray(value)) {
    for (const item of value) if (schema.items) applySchemaDefaults(item, schema.items);
    return;
  }
  if (!isJsonObject(value)) return;
  dropForbiddenNulls(value, schema);
  for (const [field, known] of Object.entries(schema.properties ?? {})) {
    if (known.default !== undefined && value[field] === undefined) {
      value[field] = cloneJson(known.default);
    }
  }
  for (const field of Object.keys(value)) {
    const known = schemaOfField(schema, field);
    if (known) applySchemaDefaults(value[field], known);
  }
}

function dropForbiddenNulls(object: JsonObject, schema: Schema): void {
  for (const [field, value] of Object.entries(object)) {
    const known = schemaOfField(schema, field);
    if (value === null && known && known.nullable !== true) delete object[field];
  }
}
