import * as clientNode from '@kubernetes/client-node';

import { MODEL_FACTS } from './model-facts.ts';
import type { ModelFacts } from './facts.ts';
import type { Schema } from '../schema/schema.ts';

const built = new Map<string, Schema>();

/**
 * The schema of a built-in kind, from the field types that the Kubernetes client carries and the
 * facts it leaves out. `model` is the client's name for it, such as `V1Deployment`.
 */
export function builtinSchema(model: string): Schema {
  const known = built.get(model);
  if (known) return known;
  const facts = MODEL_FACTS[model] ?? {};
  const schema: Schema = { model, type: 'object', properties: {} };
  built.set(model, schema);
  for (const field of fieldsOf(model)) {
    schema.properties![field.baseName] = fieldSchema(field, facts);
  }
  if (facts.atomic) schema['x-kubernetes-map-type'] = 'atomic';
  if (facts.always) schema.always = facts.always;
  return schema;
}

interface Field {
  baseName: string;
  type: string;
  format: string;
}

function fieldsOf(model: string): Field[] {
  const type = (clientNode as Record<string, unknown>)[model];
  const fields = (type as { attributeTypeMap?: Field[] } | undefined)?.attributeTypeMap;
  if (!fields) throw new Error(`the Kubernetes client has no model named ${model}`);
  return fields;
}

function fieldSchema({ baseName, type, format }: Field, facts: ModelFacts): Schema {
  const merge = facts.merge?.[baseName];
  const schema = typeSchema(type, format, isNamed(facts.quantities, baseName));
  if (merge) return { ...schema, ...merge };
  if (schema.type === 'array') return { ...schema, 'x-kubernetes-list-type': 'atomic' };
  if (isNamed(facts.zeroIsAbsent, baseName)) return { ...schema, absentWhenZero: true };
  const keyDefault = facts.keyDefaults?.[baseName];
  if (keyDefault !== undefined) return { ...schema, default: keyDefault, absentWhenZero: true };
  if (schema.type === 'string' && !isNamed(facts.emptyIsKept, baseName)) {
    return { ...schema, absentWhenZero: true };
  }
  return schema;
}

function typeSchema(type: string, format: string, quantity: boolean): Schema {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item) return { type: 'array', items: typeSchema(item, format, quantity) };
  const value = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (value) {
    return { type: 'object', additionalProperties: typeSchema(value, format, quantity) };
  }
  return quantity ? { type: 'string', format: 'quantity' } : scalarSchema(type, format);
}

function scalarSchema(type: string, format: string): Schema {
  switch (type) {
    case 'string':
      return format === '' ? { type } : { type, format };
    case 'boolean':
      return { type };
    case 'number':
      return { type: format === 'double' ? 'number' : 'integer', format };
    case 'Date':
      return { type: 'string', format: 'date-time' };
    case 'V1MicroTime':
      return { type: 'string', format: 'date-time-micro' };
    case 'IntOrString':
      return { 'x-kubernetes-int-or-string': true };
    case 'any':
      return { 'x-kubernetes-preserve-unknown-fields': true, 'x-kubernetes-map-type': 'atomic' };
    default:
      return builtinSchema(type);
  }
}

function isNamed(names: string | undefined, name: string): boolean {
  return names?.split(' ').includes(name) ?? false;
}
