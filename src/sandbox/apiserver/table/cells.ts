import type { JsonObject, JsonValue, KubeObject } from '../cluster-state.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import { valueAt } from '../objects/resource-definition.ts';

const NONE = '<none>';

/** Readers of values that tables show, each from a dotted path, with what stands for nothing. */
export function textAt(path: string, missing = NONE): (object: KubeObject) => string {
  return (object) => {
    const value = valueAt(object, path);
    return value === '' ? missing : scalarText(value, missing);
  };
}

export function countAt(path: string): (object: KubeObject) => number {
  return (object) => Number(valueAt(object, path) ?? 0);
}

/** `2/3`: how many there are of how many there should be. */
export function ratioAt(actual: string, wanted: string): (object: KubeObject) => string {
  const [have, want] = [countAt(actual), countAt(wanted)];
  return (object) => `${have(object)}/${want(object)}`;
}

export function listAt(object: KubeObject, path: string): JsonObject[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? (value as JsonValue[]).filter(isJsonObject) : [];
}

export function containersOf(
  path: string,
  field: 'name' | 'image',
): (object: KubeObject) => string {
  return (object) =>
    listAt(object, path)
      .map((container) => scalarText(container[field]))
      .join(',');
}

/** A selector in the notation of `kubectl get -l`. */
export function selectorAt(path: string): (object: KubeObject) => string {
  return (object) => selectorText(valueAt(object, path)) || NONE;
}

export function selectorText(selector: unknown): string {
  if (!isJsonObject(selector)) return '';
  const isFull =
    selector['matchLabels'] !== undefined || selector['matchExpressions'] !== undefined;
  const labels = isFull ? (selector['matchLabels'] ?? {}) : selector;
  const equalities = Object.entries(labels as JsonObject)
    .map(([key, value]) => `${key}=${scalarText(value)}`)
    .sort();
  const expressions = Array.isArray(selector['matchExpressions'])
    ? selector['matchExpressions']
    : [];
  return [...equalities, ...expressions.filter(isJsonObject).map(expressionText)].join(',');
}

function expressionText(expression: JsonObject): string {
  const { key, operator, values } = expression;
  const listed = Array.isArray(values) ? values.map((value) => scalarText(value)).join(',') : '';
  switch (operator) {
    case 'In':
      return `${scalarText(key)} in (${listed})`;
    case 'NotIn':
      return `${scalarText(key)} notin (${listed})`;
    case 'DoesNotExist':
      return `!${scalarText(key)}`;
    default:
      return scalarText(key);
  }
}
