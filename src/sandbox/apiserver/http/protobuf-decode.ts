import { badRequest } from '../objects/api-errors.ts';
import { builtinSchema } from '../builtin/model-schema.ts';
import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { PROTOBUF_FIELDS } from './protobuf-fields.ts';
import { packedVarints, wireFields, type WireField } from './protobuf-wire.ts';
import { schemaOfField, type Schema } from '../schema/schema.ts';

export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf';

const MAGIC = 'k8s\0';

/**
 * Turns a Kubernetes protobuf body into the JSON it stands for. Only kinds that `kubectl create`
 * and its like send are known; throws BadRequest for others and for what cannot be read.
 */
export function decodeProtobuf(body: Uint8Array): JsonObject {
  try {
    return decodeEnvelope(body);
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(`error decoding protobuf: ${error.message}`);
    throw error;
  }
}

/** The envelope names the kind and carries the message of that kind. */
function decodeEnvelope(body: Uint8Array): JsonObject {
  if (text(body.subarray(0, MAGIC.length)) !== MAGIC) {
    throw badRequest(
      'provided data does not appear to be a protobuf message, expected prefix 6b 38 73 00',
    );
  }
  const envelope = fieldsByNumber(body.subarray(MAGIC.length));
  const type = fieldsByNumber(bytesOf(envelope.get(1)));
  const apiVersion = text(bytesOf(type.get(1)));
  const kind = text(bytesOf(type.get(2)));
  const version = apiVersion.split('/').at(-1) ?? '';
  const model = `${version.toUpperCase()}${kind}`;
  if (!PROTOBUF_FIELDS[model]) {
    throw badRequest(`${kind} of ${apiVersion} is not taken as protobuf here: send JSON`);
  }
  return {
    apiVersion,
    kind,
    ...decodeMessage(bytesOf(envelope.get(2)), model, builtinSchema(model)),
  };
}

function decodeMessage(bytes: Uint8Array, model: string, schema: Schema): JsonObject {
  const names = PROTOBUF_FIELDS[model]?.split(' ') ?? [];
  const object: JsonObject = {};
  for (const { number, value } of wireFields(bytes)) {
    const name = names[number - 1] ?? '-';
    if (name.startsWith('*')) {
      Object.assign(object, decodeMessage(bytesOf(value), name, schema));
      continue;
    }
    // Nobody creates a status: clients send an empty one.
    if (name === 'status') continue;
    const known = schemaOfField(schema, name);
    if (!known) throw new RangeError(`field ${number} of ${model} is not known`);
    addValue(object, name, value, known);
  }
  return object;
}

/** Repeated fields come one item at a time, maps one entry at a time. */
function addValue(
  object: JsonObject,
  name: string,
  value: WireField['value'],
  schema: Schema,
): void {
  const before = object[name];
  if (schema.type === 'array') {
    const items = schema.items ?? {};
    const added = isPacked(value, items)
      ? packedVarints(bytesOf(value)).map(Number)
      : [decodeValue(value, items)];
    object[name] = [...(Array.isArray(before) ? before : []), ...added];
  } else if (schema.model === undefined && typeof schema.additionalProperties === 'object') {
    const entry = fieldsByNumber(bytesOf(value));
    const item = decodeValue(entry.get(2) ?? new Uint8Array(), schema.additionalProperties);
    object[name] = { ...(before as JsonObject | undefined), [text(bytesOf(entry.get(1)))]: item };
  } else object[name] = decodeValue(value, schema);
}

function isPacked(value: WireField['value'], items: Schema): boolean {
  return typeof value !== 'bigint' && items.type === 'integer';
}

function decodeValue(value: WireField['value'], schema: Schema): JsonValue {
  if (schema['x-kubernetes-int-or-string']) return decodeIntOrString(bytesOf(value));
  if (schema['x-kubernetes-preserve-unknown-fields']) return decodeRaw(bytesOf(value));
  if (schema.model) return decodeMessage(bytesOf(value), schema.model, schema);
  if (typeof value === 'bigint') {
    return schema.type === 'boolean' ? value !== 0n : Number(BigInt.asIntN(64, value));
  }
  return decodeText(value, schema.format);
}

function decodeText(bytes: Uint8Array, format: string | undefined): string {
  switch (format) {
    case 'byte':
      return Buffer.from(bytes).toString('base64');
    case 'quantity':
      return text(bytesOf(fieldsByNumber(bytes).get(1)));
    case 'date-time':
    case 'date-time-micro':
      return decodeTime(bytes, format);
    default:
      return text(bytes);
  }
}

function decodeTime(bytes: Uint8Array, format: string): string {
  const fields = fieldsByNumber(bytes);
  const seconds = Number(fields.get(1) ?? 0n);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  if (format === 'date-time') return `${whole}Z`;
  const micros = Math.floor(Number(fields.get(2) ?? 0n) / 1000);
  return `${whole}.${String(micros).padStart(6, '0')}Z`;
}

function decodeIntOrString(bytes: Uint8Array): number | string {
  const fields = fieldsByNumber(bytes);
  const isText = fields.get(1) === 1n;
  if (isText) return text(bytesOf(fields.get(3)));
  const number = fields.get(2);
  return typeof number === 'bigint' ? Number(BigInt.asIntN(64, number)) : 0;
}

/** Free-form values travel as JSON inside a message of their own. */
function decodeRaw(bytes: Uint8Array): JsonValue {
  const raw = text(bytesOf(fieldsByNumber(bytes).get(1)));
  return raw === '' ? {} : (JSON.parse(raw) as JsonValue);
}

function fieldsByNumber(bytes: Uint8Array): Map<number, WireField['value']> {
  return new Map(wireFields(bytes).map(({ number, value }) => [number, value]));
}

function bytesOf(value: WireField['value'] | undefined): Uint8Array {
  return value === undefined || typeof value === 'bigint' ? new Uint8Array() : value;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}
