import { goText } from '../values/go-text.ts';
import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { schemaOfField, type Schema } from './schema.ts';

/**
 * What keeps a configuration from being applied: fields that the kind's schema does not declare,
 * values of another type than it says. One sentence each, as `.spec.foo: ...`.
 */
export function typeProblems({ schema }: ResourceDefinition, config: JsonObject): string[] {
  const problems: string[] = [];
  search(config, schema, '', problems);
  return problems;
}

function search(
  value: JsonValue | undefined,
  schema: Schema,
  path: string,
  problems: string[],
): void {
  if (value === null || value === undefined) return;
  const mismatch = typeMismatch(value, schema);
  if (mismatch) {
    problems.push(`${path}: ${mismatch}`);
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (schema.items) search(item, schema.items, `${path}[${index}]`, problems);
    }
    return;
  }
  if (!isJsonObject(value) || isOpen(schema)) return;
  for (const [field, part] of Object.entries(value)) {
    const known = schemaOfField(schema, field);
    if (known) search(part, known, `${path}.${field}`, problems);
    else problems.push(`${path}.${field}: field not declared in schema`);
  }
}

function typeMismatch(value: JsonValue, schema: Schema): string | undefined {
  if (schema['x-kubernetes-int-or-string'] || schema.format === 'quantity') return undefined;
  switch (schema.type) {
    case 'object':
      return isJsonObject(value) ? undefined : `expected map, got &{${JSON.stringify(value)}}`;
    case 'array':
      return Array.isArray(value) ? undefined : `expected list, got &{${JSON.stringify(value)}}`;
    case 'integer':
    case 'number':
      return typeof value === 'number'
        ? undefined
        : `expected numeric (int or float), got ${goTypeOf(value)}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${goText(value)}}`;
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
    case undefined:
      return undefined;
  }
}

function goTypeOf(value: JsonValue): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function isOpen(schema: Schema): boolean {
  return (
    schema['x-kubernetes-preserve-unknown-fields'] === true ||
    schema['x-kubernetes-embedded-resource'] === true ||
    schema.additionalProperties === true
  );
}
