import { z } from 'zod';
import { RULES, type StoredRule } from '../../src/api/rule.ts';
import { validationOf, type Validation } from './cel-validation.ts';

/** The subset of OpenAPI v3 that a CustomResourceDefinition allows. */
export interface StructuralSchema {
  type?: string;
  description?: string;
  format?: string;
  default?: unknown;
  enum?: unknown[];
  nullable?: boolean;
  required?: string[];
  properties?: Record<string, StructuralSchema>;
  items?: StructuralSchema;
  additionalProperties?: StructuralSchema;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-validations'?: Validation[];
}

/** What zod makes of a schema, before it obeys the rules for CustomResourceDefinitions. */
interface RawSchema extends Omit<
  StructuralSchema,
  'properties' | 'items' | 'additionalProperties'
> {
  properties?: Record<string, RawSchema>;
  items?: RawSchema;
  additionalProperties?: RawSchema | boolean;
  anyOf?: unknown;
  [RULES]?: StoredRule[];
}

/**
 * A zod schema as a structural schema; `path` is where it stands in the object, for the sentences
 * of its rules. Throws on what zod can say and a CustomResourceDefinition cannot.
 */
export function structuralSchema(schema: z.ZodType, path: string): StructuralSchema {
  const raw = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
  });
  return structural(raw as RawSchema, path);
}

function structural(raw: RawSchema, path: string): StructuralSchema {
  const { [RULES]: rules, anyOf, properties, items, additionalProperties, ...plain } = raw;
  if (raw['x-kubernetes-int-or-string'] !== undefined) delete plain.type;
  else if (anyOf !== undefined) throw new Error(`${path}: a union has no structural schema`);
  return {
    ...(raw.type === 'integer' ? wholeNumber(plain) : plain),
    ...(properties && { properties: propertiesOf(properties, path) }),
    ...(items && { items: structural(items, `${path}[]`) }),
    ...openness(raw, additionalProperties, path),
    ...(rules && { 'x-kubernetes-validations': rules.map((rule) => validationOf(rule, path)) }),
  };
}

function propertiesOf(
  properties: Record<string, RawSchema>,
  path: string,
): Record<string, StructuralSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, raw]) => [name, structural(raw, `${path}.${name}`)]),
  );
}

/** Zod bounds whole numbers by what a double holds; the API server has formats for that. */
function wholeNumber(plain: StructuralSchema): StructuralSchema {
  const { minimum, maximum, ...rest } = plain;
  return {
    ...rest,
    format: maximum !== undefined && maximum <= INT32 ? 'int32' : 'int64',
    ...(minimum !== undefined && minimum > -INT32 && { minimum }),
    ...(maximum !== undefined && maximum < INT32 && { maximum }),
  };
}

const INT32 = 2 ** 31 - 1;

/** Which fields beyond the named ones an object keeps: none, all, or those of a map. */
function openness(
  raw: RawSchema,
  additional: RawSchema['additionalProperties'],
  path: string,
): StructuralSchema {
  const isUntyped = raw.type === undefined && raw['x-kubernetes-int-or-string'] === undefined;
  const keepsAll = typeof additional === 'object' && Object.keys(additional).length === 0;
  if (isUntyped || keepsAll) return { 'x-kubernetes-preserve-unknown-fields': true };
  return typeof additional === 'object'
    ? { additionalProperties: structural(additional, `${path}[]`) }
    : {};
}
