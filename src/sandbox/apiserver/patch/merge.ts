import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/** A JSON Merge Patch (RFC 7386): objects merge, null removes, everything else replaces. */
export function applyMergePatch(object: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(object) ? { ...object } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[field];
    else merged[field] = applyMergePatch(merged[field], value);
  }
  return merged;
}
