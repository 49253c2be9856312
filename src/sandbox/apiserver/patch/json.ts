import fastJsonPatch, { type Operation } from 'fast-json-patch';

const { applyOperation, getValueByPointer } = fastJsonPatch;

import { badRequest, unprocessable } from '../objects/api-errors.ts';
import type { JsonObject } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/**
 * Carries out a JSON Patch (RFC 6902) on the object. Throws BadRequest for what is no patch, and
 * 422 for one that does not apply: a failed `test`, a path that is not there.
 */
export function applyJsonPatch(object: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    const type = isJsonObject(patch) ? 'object' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  let patched = object;
  for (const operation of patch as Operation[]) patched = applied(patched, operation);
  return patched;
}

function applied(object: JsonObject, operation: Operation): JsonObject {
  try {
    const lenient = asApplied(object, operation);
    return applyOperation(object, lenient, true, true).newDocument;
  } catch {
    throw unprocessable();
  }
}

/** The API lets `replace` set a field that is not there, as long as there is an object to hold it. */
function asApplied(object: JsonObject, operation: Operation): Operation {
  if (operation.op !== 'replace') return operation;
  const at = operation.path.lastIndexOf('/');
  const parent: unknown = getValueByPointer(object, operation.path.slice(0, at));
  const field = operation.path
    .slice(at + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  const isNew = isJsonObject(parent) && parent[field] === undefined;
  return isNew ? { ...operation, op: 'add' } : operation;
}
