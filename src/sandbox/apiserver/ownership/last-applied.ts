import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/** Where kubectl's client-side apply remembers the configuration it applied. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * When kubectl goes on by server-side apply, what it remembers of client-side apply is kept up to
 * date, so that it can go back. Other managers, and objects without the annotation, stay as they are.
 */
export function withLastApplied(
  object: JsonObject,
  config: JsonObject,
  manager: string,
): JsonObject {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const isKept = isJsonObject(annotations) && annotations[LAST_APPLIED] !== undefined;
  if (manager !== 'kubectl' || !isKept || !isJsonObject(metadata)) return object;
  const remembered = `${JSON.stringify(sorted(config))}\n`;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: remembered } },
  };
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const fields = Object.keys(value).sort();
  return Object.fromEntries(fields.map((field) => [field, sorted(value[field] ?? null)]));
}
