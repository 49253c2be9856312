import type { FieldFault } from '../objects/api-errors.ts';
import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { schemaOfField, type Schema } from './schema.ts';

/** Items that occur twice in a list that the schema declares to be a set or a map. */
export function listFaults(value: JsonValue, schema: Schema, path: string): FieldFault[] {
  if (Array.isArray(value)) {
    const items = schema.items;
    const below = items
      ? value.map((item, index) => listFaults(item, items, `${path}[${index}]`))
      : [];
    return [...duplicates(value, schema, path), ...below.flat()];
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([field, part]) => {
    const known = schemaOfField(schema, field);
    if (!known || part === undefined) return [];
    return listFaults(part, known, path === '' ? field : `${path}.${field}`);
  });
}

function duplicates(list: JsonValue[], schema: Schema, path: string): FieldFault[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const seen = new Map<string, number>();
  const faults: FieldFault[] = [];
  for (const [index, item] of list.entries()) {
    const identity = type === 'set' ? item : keysOf(item, schema);
    const key = JSON.stringify(identity);
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    if (times === 1) faults.push(fieldFault.duplicate(`${path}[${index}]`, identity));
  }
  return faults;
}

function keysOf(item: JsonValue, schema: Schema): JsonObject {
  const keys: JsonObject = {};
  if (!isJsonObject(item)) return keys;
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    if (item[key] !== undefined) keys[key] = item[key];
  }
  return keys;
}
