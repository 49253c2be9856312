import { ApiError, type JsonObject, type JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { canonicalQuantity } from '../values/quantity.ts';
import { schemaOfField, type Schema } from '../schema/schema.ts';

/** A built-in object as its Go type would read and write it again, and the fields it does not know. */
export interface Decoded {
  object: JsonObject;
  /** Paths such as `spec.template.spec.containers[0].imag`. */
  unknownFields: string[];
}

/** Refuses what cannot be read as an object of the kind; `detail` says why, without the kind. */
export class UndecodableError extends ApiError {
  readonly detail: string;

  constructor(kind: string, version: string, detail: string) {
    super(
      400,
      'BadRequest',
      `${kind} in version "${version}" cannot be handled as a ${kind}: ${detail}`,
    );
    this.detail = detail;
  }
}

/**
 * Reads a built-in object: unknown fields and nulls are dropped, zero values that the type leaves
 * out are left out, quantities and times are brought into their canonical form. Throws BadRequest
 * for a value of the wrong type, as a decoder does: before any validation.
 */
export function decodeBuiltin(
  kind: string,
  version: string,
  raw: JsonObject,
  schema: Schema,
): Decoded {
  const unknownFields: string[] = [];
  const decoder = new Decoder(kind, version, unknownFields);
  const object = decoder.struct(raw, schema, { path: '', struct: kind });
  return { object, unknownFields };
}

/** Where a value stands, and the Go struct it is a field of, for refusals. */
interface Place {
  path: string;
  struct: string;
}

class Decoder {
  readonly #kind: string;
  readonly #version: string;
  readonly #unknown: string[];

  constructor(kind: string, version: string, unknown: string[]) {
    this.#kind = kind;
    this.#version = version;
    this.#unknown = unknown;
  }

  struct(raw: JsonValue, schema: Schema, at: Place): JsonObject {
    if (!isJsonObject(raw)) throw this.#mismatch(raw, at, goTypeOf(schema));
    const object: JsonObject = {};
    for (const [field, value] of Object.entries(raw)) {
      const path = at.path === '' ? field : `${at.path}.${field}`;
      const known = schemaOfField(schema, field);
      if (!known) this.#unknown.push(path);
      else if (value !== null && value !== undefined) {
        const decoded = this.#value(value, known, {
          path,
          struct: structName(schema) ?? at.struct,
        });
        if (!isAbsent(decoded, known, schema, field)) object[field] = decoded;
      }
    }
    for (const [field, zero] of Object.entries(schema.always ?? {})) {
      if (object[field] === undefined) object[field] = this.#zero(zero, schema, field);
    }
    return object;
  }

  #value(value: JsonValue, schema: Schema, at: Place): JsonValue {
    if (schema['x-kubernetes-preserve-unknown-fields']) return value;
    if (schema['x-kubernetes-int-or-string']) {
      if (typeof value === 'number' || typeof value === 'string') return value;
      throw this.#mismatch(value, at, 'intstr.IntOrString');
    }
    if (schema.type === 'array') return this.#list(value, schema, at);
    if (schema.type === 'object') return this.struct(value, schema, at);
    return this.#scalar(value, schema, at);
  }

  #list(value: JsonValue, schema: Schema, at: Place): JsonValue {
    if (!Array.isArray(value)) throw this.#mismatch(value, at, '[]');
    const items = schema.items ?? {};
    return value.map((item, index) =>
      item === null
        ? zeroOf(items)
        : this.#value(item, items, { ...at, path: `${at.path}[${index}]` }),
    );
  }

  #scalar(value: JsonValue, schema: Schema, at: Place): JsonValue {
    if (schema.format === 'quantity') {
      const canonical = canonicalQuantity(value);
      if (canonical === undefined) throw this.#unparsable(quantityFault);
      return canonical;
    }
    if (schema.type === 'integer' && !(typeof value === 'number' && Number.isInteger(value))) {
      throw this.#mismatch(value, at, schema.format ?? 'int32');
    }
    const expected = schema.type === 'integer' ? 'number' : schema.type;
    if (typeof value !== expected) throw this.#mismatch(value, at, expected ?? 'string');
    return typeof value === 'string' ? this.#text(value, schema.format) : value;
  }

  #text(value: string, format: string | undefined): string {
    if (format !== 'date-time' && format !== 'date-time-micro') return value;
    const time = new Date(value);
    if (Number.isNaN(time.getTime())) throw this.#unparsable(`parsing time "${value}"`);
    if (format === 'date-time') return `${time.toISOString().slice(0, 19)}Z`;
    const micros = /\.(\d{6})(?!\d)/.exec(value)?.[1];
    if (micros === undefined) {
      const layout = '"2006-01-02T15:04:05.000000Z07:00"';
      throw this.#unparsable(`parsing time "${value}" as ${layout}: it needs six decimals`);
    }
    return `${time.toISOString().slice(0, 19)}.${micros}Z`;
  }

  /** The zero of an always-present struct has its own always-present fields. */
  #zero(zero: JsonValue, schema: Schema, field: string): JsonValue {
    const known = schemaOfField(schema, field);
    return isJsonObject(zero) && known
      ? this.struct(zero, known, { path: field, struct: '' })
      : zero;
  }

  #mismatch(found: JsonValue, { path, struct }: Place, expected: string): Error {
    const where = path === '' ? 'value' : `struct field ${struct}.${path.replace(/\[\d+\]/g, '')}`;
    return this.#unparsable(
      `json: cannot unmarshal ${jsonTypeName(found)} into Go ${where} of type ${expected}`,
    );
  }

  #unparsable(why: string): Error {
    return new UndecodableError(this.#kind, this.#version, why);
  }
}

const quantityFault =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Whether writing the value again would leave it out. */
function isAbsent(value: JsonValue, schema: Schema, parent: Schema, field: string): boolean {
  if (Array.isArray(value)) {
    // Where any JSON may stand, as in a default of a schema, an empty list is what was meant.
    const isAnyJson = schema.type === undefined && schema.items === undefined;
    return value.length === 0 && !isAnyJson && !KEPT_EMPTY_LISTS.has(field);
  }
  // A map without entries is left out; a struct without fields was there on purpose.
  if (isJsonObject(value)) {
    return schema.model === undefined && isMap(schema) && Object.keys(value).length === 0;
  }
  if (parent.properties?.[field] === undefined) return false;
  return schema.absentWhenZero === true && (value === '' || value === 0 || value === false);
}

/** Lists that the API writes even when they are empty. */
const KEPT_EMPTY_LISTS = new Set([
  'endpoints',
  'rules',
  'storedVersions',
  'sources',
  'versions',
  // Empty, it asks for a reset.
  'managedFields',
]);

function structName({ model }: Schema): string | undefined {
  return model?.replace(/^[A-Za-z]*?V\d+(?:(?:alpha|beta)\d+)?/, '');
}

function isMap(schema: Schema): boolean {
  return schema.type === 'object' && schema.properties === undefined;
}

function zeroOf(schema: Schema): JsonValue {
  if (schema.type === 'string') return '';
  if (schema.type === 'integer' || schema.type === 'number') return 0;
  return {};
}

function jsonTypeName(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'number' : `number ${value}`;
  return typeof value;
}

function goTypeOf(schema: Schema): string {
  const struct = structName(schema);
  return struct === undefined ? 'map[string]string' : `v1.${struct}`;
}
