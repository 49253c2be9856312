import { badRequest, invalid } from './api-errors.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { applySchemaDefaults } from '../schema/defaults.ts';
import { pruneUnknownFields } from '../schema/pruning.ts';
import { builtinSchema } from '../builtin/model-schema.ts';
import { decodeBuiltin, UndecodableError } from '../builtin/decode.ts';
import { cloneJson, isJsonObject, scalarText } from '../values/json-tree.ts';
import { fieldFault } from './field-faults.ts';
import { apiVersionOf, valueAt, type ResourceDefinition } from './resource-definition.ts';

/** What to do about fields the schema does not know: refuse, warn, or drop them in silence. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/**
 * Turns what a client sent into an object of the kind: typed or pruned, and defaulted. Throws
 * BadRequest when it cannot be read as that kind at all.
 */
export function decodeObject(
  definition: ResourceDefinition,
  raw: unknown,
  validation: FieldValidation,
  warn: (message: string) => void,
): KubeObject {
  if (!isJsonObject(raw))
    throw badRequest(`the object provided is unrecognized (must be of type ${definition.kind})`);
  const named = requireSameKind(definition, raw);
  const { object, unknownFields } = definition.custom
    ? decodeCustom(definition, named)
    : decodeBuiltin(definition.kind, definition.version, named, definition.schema);
  reportUnknown(definition, unknownFields, validation, warn);
  const decoded = object as unknown as KubeObject;
  decoded.metadata ??= {} as KubeObject['metadata'];
  if (definition.custom) applySchemaDefaults(decoded as unknown as JsonObject, definition.schema);
  definition.rules.applyDefaults?.(decoded);
  return decoded;
}

/** A body may leave out apiVersion and kind, but not contradict the address it was sent to. */
function requireSameKind(definition: ResourceDefinition, raw: JsonObject): JsonObject {
  const apiVersion = apiVersionOf(definition);
  const { apiVersion: givenVersion = apiVersion, kind: givenKind = definition.kind } = raw;
  if (definition.custom && (raw['kind'] === undefined || raw['apiVersion'] === undefined)) {
    throw kindless(definition, raw);
  }
  if (givenVersion === apiVersion && givenKind !== definition.kind) {
    const { kind, group, version } = definition;
    const given = scalarText(givenKind);
    if (definition.custom) {
      const name = scalarText(valueAt(raw, 'metadata.name'));
      const fault = fieldFault.invalid('kind', given, `must be ${kind}`);
      throw invalid({ group, kind: given }, name, [fault]);
    }
    const home = group.split('.')[0] || 'core';
    throw badRequest(
      `${given} in version "${version}" cannot be handled as a ${kind}: converting (${version}.${given}) to (${home}.${kind}): unknown conversion`,
    );
  }
  if (givenVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${scalarText(givenVersion)}) does not match the expected API version (${apiVersion})`,
    );
  }
  return { ...raw, apiVersion, kind: definition.kind };
}

function kindless({ kind }: ResourceDefinition, raw: JsonObject): Error {
  const body = JSON.stringify(raw);
  const start = body.length > 30 ? `${body.slice(0, 30)} ...` : body;
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing in '${body}' (${start})`,
  );
}

function decodeCustom(
  definition: ResourceDefinition,
  raw: JsonObject,
): { object: JsonObject; unknownFields: string[] } {
  const object = cloneJson(raw);
  const metadata = decodeBuiltin(
    definition.kind,
    definition.version,
    { metadata: object['metadata'] ?? {} },
    { type: 'object', properties: { metadata: builtinSchema('V1ObjectMeta') } },
  );
  object['metadata'] = metadata.object['metadata'] ?? {};
  const unknownFields = pruneUnknownFields(object, definition.schema);
  return { object, unknownFields: [...metadata.unknownFields, ...unknownFields] };
}

function reportUnknown(
  definition: ResourceDefinition,
  unknownFields: string[],
  validation: FieldValidation,
  warn: (message: string) => void,
): void {
  if (unknownFields.length === 0 || validation === 'Ignore') return;
  const listed = unknownFields.map((field) => `unknown field "${field}"`);
  if (validation === 'Warn') {
    for (const line of listed) warn(line);
    return;
  }
  throw new UndecodableError(
    definition.kind,
    definition.version,
    `strict decoding error: ${listed.join(', ')}`,
  );
}
