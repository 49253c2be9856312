import type { JsonObject, JsonValue } from './cluster-state.ts';
import { isJsonObject } from './json-tree.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { schemaOfField, type Schema } from './schema.ts';

/** The paths of fields that the kind's schema does not declare. */
export function unknownFields({ schema }: ResourceDefinition, object: JsonObject): string[] {
  const found: string[] = [];
  search(object, schema, '', found);
  return found;
}

function search(value: JsonValue, schema: Schema, path: string, found: string[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (schema.items) search(item, schema.items, `${path}[${index}]`, found);
    }
    return;
  }
  if (!isJsonObject(value) || isOpen(schema)) return;
  for (const [field, part] of Object.entries(value)) {
    const at = path === '' ? field : `${path}.${field}`;
    const known = schemaOfField(schema, field);
    if (!known) found.push(at);
    else if (part !== undefined) search(part, known, at, found);
  }
}

function isOpen(schema: Schema): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-embedded-resource'] === true ||
    schema.additionalProperties === true
  );
}
