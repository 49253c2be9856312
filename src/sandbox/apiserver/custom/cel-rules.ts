import type { FieldFault } from '../objects/api-errors.ts';
import { celProblem, optionalValue, runCel } from './cel-library.ts';
import { celValue } from './cel-values.ts';
import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { partsOf } from '../ownership/relations.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { isJsonObject, jsonEqual } from '../values/json-tree.ts';
import { schemaOfField, type Schema, type ValidationRule } from '../schema/schema.ts';

/**
 * Evaluates the `x-kubernetes-validations` of a schema and everything below it. Rules that look at
 * `oldSelf` run only where there is an old value to correlate with; the others let pass what has
 * not changed.
 */
export function ruleFaults(
  value: JsonObject,
  old: JsonObject | undefined,
  schema: Schema,
): FieldFault[] {
  const root = { ...value, metadata: identityOf(value['metadata']) };
  const oldRoot = old && { ...old, metadata: identityOf(old['metadata']) };
  const rootSchema: Schema = {
    ...schema,
    properties: { ...schema.properties, ...RESOURCE_PROPERTIES },
  };
  return faultsAt(root, oldRoot, rootSchema, '');
}

/** Why a rule could not be compiled; undefined for a good one. */
export function ruleProblem(rule: ValidationRule): string | undefined {
  return (
    celProblem(rule.rule) ??
    (rule.messageExpression ? celProblem(rule.messageExpression) : undefined)
  );
}

const RESOURCE_PROPERTIES: Record<string, Schema> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: {
    type: 'object',
    properties: { name: { type: 'string' }, generateName: { type: 'string' } },
  },
};

/** Of metadata, rules see the name alone. */
function identityOf(metadata: JsonValue | undefined): JsonObject {
  if (!isJsonObject(metadata)) return {};
  const identity: JsonObject = {};
  for (const field of ['name', 'generateName']) {
    if (metadata[field] !== undefined) identity[field] = metadata[field];
  }
  return identity;
}

function faultsAt(
  value: JsonValue,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  if (value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap((rule) =>
    evaluate(rule, value, old, schema, path),
  );
  const nested = (schema.allOf ?? []).flatMap((one) =>
    faultsAt(value, old, { ...schema, ...rulesOf(one) }, path),
  );
  return [...own, ...nested, ...faultsBelow(value, old, schema, path)];
}

/** Of an `allOf` branch only its rules count here: the values are typed by the main schema. */
function rulesOf(branch: Schema): Schema {
  const rules = branch['x-kubernetes-validations'];
  return {
    properties: {},
    items: {},
    allOf: [],
    'x-kubernetes-validations': rules ?? [],
  };
}

function faultsBelow(
  value: JsonValue,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (!items) return [];
    const oldItems = new Map(partsOf(schema, old).map((part) => [part.step, part.value]));
    const steps = partsOf(schema, value).map((part) => part.step);
    const isMap = schema['x-kubernetes-list-type'] === 'map';
    return value.flatMap((item, index) =>
      faultsAt(
        item,
        isMap ? oldItems.get(steps[index] ?? '') : undefined,
        items,
        `${path}[${index}]`,
      ),
    );
  }
  if (!isJsonObject(value)) return [];
  const before = isJsonObject(old) ? old : {};
  return Object.entries(value).flatMap(([field, part]) => {
    const known = schemaOfField(schema, field);
    if (!known || part === undefined) return [];
    return faultsAt(part, before[field], known, path === '' ? field : `${path}.${field}`);
  });
}

function evaluate(
  rule: ValidationRule,
  value: JsonValue,
  old: JsonValue | undefined,
  schema: Schema,
  path: string,
): FieldFault[] {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  if (isTransition && old === undefined && rule.optionalOldSelf !== true) return [];
  if (!isTransition && old !== undefined && jsonEqual(value, old)) return [];
  const self = celValue(value, schema);
  const before = old === undefined ? undefined : celValue(old, schema);
  const oldSelf = rule.optionalOldSelf === true ? optionalValue(before) : before;
  const variables = { self, oldSelf };
  const outcome = runCel(rule.rule, variables);
  const type = schema['x-kubernetes-int-or-string'] ? '' : (schema.type ?? '');
  const at = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
  if (outcome.error !== undefined) {
    const detail = `${outcome.error} evaluating rule: ${ruleText(rule)}`;
    return [fieldFault.invalid(path || '<nil>', type, detail)];
  }
  if (outcome.value === true) return [];
  return [faultFor(rule, at || '<nil>', type, messageOf(rule, variables))];
}

function messageOf(rule: ValidationRule, variables: Record<string, unknown>): string {
  const { messageExpression } = rule;
  if (messageExpression === undefined) return ruleMessage(rule);
  const outcome = runCel(messageExpression, variables);
  const text = typeof outcome.value === 'string' ? outcome.value.trim() : '';
  return text === '' || text.includes('\n') ? ruleMessage(rule) : text;
}

function faultFor(rule: ValidationRule, at: string, type: string, message: string): FieldFault {
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return fieldFault.forbidden(at, message);
    case 'FieldValueRequired':
      return fieldFault.required(at, message);
    case 'FieldValueDuplicate':
      return fieldFault.duplicate(at, type);
    default:
      return fieldFault.invalid(at, type, message);
  }
}

function ruleMessage({ message, rule }: ValidationRule): string {
  return message ? message.trim() : `failed rule: ${rule.trim()}`;
}

function ruleText({ message, rule }: ValidationRule): string {
  return message ? message.trim() : rule.trim();
}
