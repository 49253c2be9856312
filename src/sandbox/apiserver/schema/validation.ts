import type { FieldFault } from '../objects/api-errors.ts';
import { ruleFaults } from '../custom/cel-rules.ts';
import type { JsonObject, JsonValue, KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { isJsonObject, jsonEqual } from '../values/json-tree.ts';
import { alternativeFaults } from './alternatives.ts';
import { hasFormat } from './formats.ts';
import { listFaults } from './lists.ts';
import { goNumber, jsonTypeOf } from './values.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import type { Schema } from './schema.ts';

/**
 * What a custom resource's schema has against an object: OpenAPI first, then the uniqueness of
 * sets and maps, then CEL, unless the object is too broken for rules to make sense. On an update,
 * faults of values that did not change are let pass.
 */
export function contentFaults(
  definition: ResourceDefinition,
  next: KubeObject,
  previous: KubeObject | undefined,
): FieldFault[] {
  if (!definition.custom) return [];
  const { schema } = definition;
  const [value, old] = [next, previous] as unknown as (JsonObject | undefined)[];
  if (value === undefined) return [];
  const faults = [...schemaFaults(value, old, schema, ''), ...listFaults(value, schema, '')];
  if (faults.some((fault) => BLOCKING.has(fault.reason))) {
    return hasRules(schema) ? [...faults, RULES_NOT_CHECKED] : faults;
  }
  return [...faults, ...ruleFaults(value, old, schema)];
}

const BLOCKING = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const RULES_NOT_CHECKED = fieldFault.invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** The faults of a value against a schema, without CEL. */
export function schemaFaults(
  value: JsonValue,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  if (old !== undefined && path !== '' && jsonEqual(value, old)) return [];
  const wrongType = typeFault(value, schema, path);
  if (wrongType) return [wrongType];
  if (value === null) return [];
  return [
    ...alternativeFaults(schema, path, (one) => schemaFaults(value, undefined, one, path)),
    ...enumFaults(value, schema, path),
    ...partFaults(value, old, schema, path),
  ];
}

function partFaults(
  value: JsonValue,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  if (typeof value === 'string') return stringFaults(value, schema, path);
  if (typeof value === 'number') return numberFaults(value, schema, path);
  if (Array.isArray(value)) return arrayFaults(value, old, schema, path);
  return isJsonObject(value) ? objectFaults(value, old, schema, path) : [];
}

function typeFault(value: JsonValue, schema: Schema, path: string): FieldFault | undefined {
  const found = jsonTypeOf(value);
  if (schema['x-kubernetes-int-or-string']) {
    return found === 'integer' || found === 'string'
      ? undefined
      : mustBe(path, 'integer,string', found);
  }
  if (value === null) {
    if (schema.nullable === true || schema.type === undefined) return undefined;
    return mustBe(path, schema.type, 'null');
  }
  const { type } = schema;
  if (type === undefined || type === found) return undefined;
  return type === 'number' && found === 'integer' ? undefined : mustBe(path, type, found);
}

function mustBe(path: string, type: string, found: string): FieldFault {
  const detail = `${inBody(path)} must be of type ${type}: "${found}"`;
  return fieldFault.typeInvalid(path, found, detail);
}

function enumFaults(value: JsonValue, schema: Schema, path: string): FieldFault[] {
  if (!schema.enum || schema.enum.some((allowed) => jsonEqual(allowed, value))) return [];
  const allowed = schema.enum.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return [fieldFault.notSupported(path, value, allowed)];
}

function stringFaults(value: string, schema: Schema, path: string): FieldFault[] {
  const faults: FieldFault[] = [];
  const length = Array.from(value).length;
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    faults.push(fieldFault.tooLong(path, schema.maxLength));
  }
  if (schema.minLength !== undefined && length < schema.minLength) {
    const detail = `${inBody(path)} should be at least ${schema.minLength} chars long`;
    faults.push(fieldFault.invalid(path, value, detail));
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
    const detail = `${inBody(path)} should match '${schema.pattern}'`;
    faults.push(fieldFault.invalid(path, value, detail));
  }
  if (schema.format !== undefined && !hasFormat(value, schema.format)) {
    const detail = `${inBody(path)} must be of type ${schema.format}: ${JSON.stringify(value)}`;
    faults.push(fieldFault.typeInvalid(path, value, detail));
  }
  return faults;
}

function numberFaults(value: number, schema: Schema, path: string): FieldFault[] {
  const shown = (limit: number): string =>
    Number.isInteger(value) ? String(Math.trunc(limit)) : goNumber(limit);
  const details: string[] = [];
  const { maximum, minimum, multipleOf } = schema;
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum)) {
    details.push(`less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${shown(maximum)}`);
  }
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum)) {
    details.push(`greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${shown(minimum)}`);
  }
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf)) {
    details.push(`a multiple of ${goNumber(multipleOf)}`);
  }
  return details.map((detail) =>
    fieldFault.invalid(path, value, `${inBody(path)} should be ${detail}`),
  );
}

function arrayFaults(
  value: JsonValue[],
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  const faults: FieldFault[] = [];
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    faults.push(fieldFault.tooMany(path, value.length, schema.maxItems));
  }
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    const detail = `${inBody(path)} should have at least ${schema.minItems} items`;
    faults.push(fieldFault.invalid(path, value.length, detail));
  }
  const before = Array.isArray(old) ? old : [];
  for (const [index, item] of value.entries()) {
    if (!schema.items) break;
    faults.push(...schemaFaults(item, before[index], schema.items, `${path}[${index}]`));
  }
  return faults;
}

function objectFaults(
  value: JsonObject,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  const faults: FieldFault[] = [];
  const fields = Object.keys(value);
  if (schema.minProperties !== undefined && fields.length < schema.minProperties) {
    const detail = `${inBody(path)} should have at least ${schema.minProperties} properties`;
    faults.push(fieldFault.invalid(path, fields.length, detail));
  }
  if (schema.maxProperties !== undefined && fields.length > schema.maxProperties) {
    faults.push(fieldFault.tooMany(path, fields.length, schema.maxProperties));
  }
  const before = isJsonObject(old) ? old : {};
  for (const field of fields) {
    const known = schema.properties?.[field] ?? schema.additionalProperties;
    const part = value[field];
    if (typeof known !== 'object' || part === undefined) continue;
    faults.push(...schemaFaults(part, before[field], known, below(path, field)));
  }
  const embedded = schema['x-kubernetes-embedded-resource'] ? ['apiVersion', 'kind'] : [];
  for (const field of [...(schema.required ?? []), ...embedded]) {
    if (value[field] === undefined) faults.push(fieldFault.required(below(path, field)));
  }
  return faults;
}

function hasRules(schema: Schema): boolean {
  return JSON.stringify(schema).includes('"x-kubernetes-validations"');
}

function below(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}

function inBody(path: string): string {
  return `${path} in body`;
}
