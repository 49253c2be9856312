import type { JsonValue } from '../cluster-state.ts';

/**
 * The Kubernetes dialect of JSON schema, for built-in kinds and custom resources alike: one tree
 * says how a value is typed, defaulted, pruned, validated, merged and owned. Schemas of built-in
 * kinds may be cyclic.
 */
export interface Schema {
  /** The name under which OpenAPI publishes this schema; the same object wherever it is used. */
  model?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  nullable?: boolean;
  default?: JsonValue;
  enum?: JsonValue[];

  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  minProperties?: number;
  maxProperties?: number;

  items?: Schema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;

  minLength?: number;
  maxLength?: number;
  pattern?: string;

  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;

  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;

  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'granular' | 'atomic';
  'x-kubernetes-patch-strategy'?: string;
  'x-kubernetes-patch-merge-key'?: string;
  'x-kubernetes-validations'?: ValidationRule[];

  /** Built-in kinds only: the zero value reads as absent. Not published. */
  absentWhenZero?: boolean;
  /** Built-in kinds only: fields that are there even when nobody sets them. Not published. */
  always?: Record<string, JsonValue>;
}

/** A CEL rule of a schema node. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** The schema of a field of an object, or of a value of a map; undefined when unknown. */
export function schemaOfField(schema: Schema | undefined, field: string): Schema | undefined {
  const known = schema?.properties?.[field];
  if (known) return known;
  const others = schema?.additionalProperties;
  return typeof others === 'object' ? others : undefined;
}
