import fastJsonPatch, { type Operation } from 'fast-json-patch';

import { badRequest, unprocessable } from './api-errors.ts';
import type { JsonObject } from './cluster-state.ts';

/**
 * Carries out a JSON Patch (RFC 6902) on a copy. Throws BadRequest for what is no patch, and 422
 * for one that does not apply: a failed `test`, a path that is not there.
 */
export function applyJsonPatch(object: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch)) {
    throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  try {
    const applied = fastJsonPatch.applyPatch(object, patch as Operation[], true, false);
    return applied.newDocument;
  } catch {
    throw unprocessable();
  }
}
