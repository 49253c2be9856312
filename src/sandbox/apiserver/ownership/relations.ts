import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { schemaOfField, type Schema } from '../schema/schema.ts';

/** How a value is owned and merged: as a whole, or part by part. */
export type Relation = 'leaf' | 'fields' | 'items-by-key' | 'set';

/** What the schema says about the value; without a word of it, maps go by field, lists as a whole. */
export function relationOf(schema: Schema | undefined, value: unknown): Relation {
  if (Array.isArray(value)) return listRelation(schema);
  if (!isJsonObject(value)) return 'leaf';
  return schema?.['x-kubernetes-map-type'] === 'atomic' ? 'leaf' : 'fields';
}

/** The values below one, with the step that leads to each and its schema. */
export interface Part {
  step: string;
  value: JsonValue;
  schema: Schema | undefined;
}

/** Parts of a value that is owned part by part, in order. A leaf has none. */
export function partsOf(schema: Schema | undefined, value: JsonValue | undefined): Part[] {
  if (Array.isArray(value)) return listParts(schema, value);
  if (!isJsonObject(value) || relationOf(schema, value) === 'leaf') return [];
  return Object.entries(value)
    .filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
    .map(([field, part]) => ({
      step: `f:${field}`,
      value: part,
      schema: schemaOfField(schema, field),
    }));
}

/** Whether a step names a field that the schema knows by name, not a key of a map. */
export function isNamedField(schema: Schema | undefined, step: string): boolean {
  return step.startsWith('f:') && schema?.properties?.[step.slice(2)] !== undefined;
}

export function schemaBelow(schema: Schema | undefined, step: string): Schema | undefined {
  return step.startsWith('f:') ? schemaOfField(schema, step.slice(2)) : schema?.items;
}

function listRelation(schema: Schema | undefined): Relation {
  const type = schema?.['x-kubernetes-list-type'];
  if (type === 'map') return 'items-by-key';
  return type === 'set' ? 'set' : 'leaf';
}

function listParts(schema: Schema | undefined, list: JsonValue[]): Part[] {
  const relation = listRelation(schema);
  if (relation === 'leaf') return [];
  return list.map((value, index) => ({
    step: relation === 'set' ? `v:${JSON.stringify(value)}` : itemStep(schema, value, index),
    value,
    schema: schema?.items,
  }));
}

/** An item without one of its keys takes the schema's default for it. */
function itemStep(schema: Schema | undefined, item: JsonValue, index: number): string {
  if (!isJsonObject(item)) return `i:${index}`;
  const identity: JsonObject = {};
  for (const key of [...(schema?.['x-kubernetes-list-map-keys'] ?? [])].sort()) {
    const value = item[key] ?? schema?.items?.properties?.[key]?.default;
    if (value !== undefined) identity[key] = value;
  }
  return `k:${JSON.stringify(identity)}`;
}
