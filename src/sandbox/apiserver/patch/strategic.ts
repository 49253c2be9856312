import { badRequest } from '../objects/api-errors.ts';
import { ApiError, type JsonObject, type JsonValue } from '../cluster-state.ts';
import { goText } from '../values/go-text.ts';
import { isJsonObject, jsonEqual } from '../values/json-tree.ts';
import { inDeclaredOrder } from './strategic-order.ts';
import { schemaOfField, type Schema } from '../schema/schema.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const ELEMENT_ORDER = '$setElementOrder/';
const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';

/**
 * A strategic merge patch: as a merge patch, but lists that the schema gives a merge key are merged
 * item by item, and `$`-directives delete, replace and order. Throws BadRequest for a patch that
 * contradicts itself.
 */
export function applyStrategicMergePatch(
  object: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
): JsonObject {
  if (patch[DIRECTIVE] === 'replace') return without(patch, DIRECTIVE);
  if (patch[DIRECTIVE] === 'delete') return {};
  if (patch[DIRECTIVE] !== undefined && patch[DIRECTIVE] !== 'merge') {
    const message = `unknown patch type: ${goText(patch[DIRECTIVE])} in map: ${goText(patch)}`;
    throw new ApiError(500, '', message);
  }
  const merged = retained(object, patch);
  deleteFromPrimitiveLists(merged, patch);
  const orders = elementOrders(patch);
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$') || value === undefined) continue;
    if (value === null) delete merged[field];
    else
      merged[field] = mergeField(
        merged[field],
        value,
        schemaOfField(schema, field),
        orders.get(field),
      );
  }
  reorderUntouched(merged, patch, schema, orders);
  return merged;
}

function mergeField(
  before: JsonValue | undefined,
  value: JsonValue,
  schema: Schema | undefined,
  order: JsonValue[] | undefined,
): JsonValue {
  const strategies = schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
  if (isJsonObject(value)) {
    const merges = isJsonObject(before) && !strategies.includes('replace');
    return merges
      ? applyStrategicMergePatch(before, value, schema)
      : (withoutDirectives(value) ?? {});
  }
  if (!Array.isArray(value)) return value;
  if (!Array.isArray(before) || !strategies.includes('merge')) {
    return cleanItems(value);
  }
  const key = schema?.['x-kubernetes-patch-merge-key'];
  const merged =
    key === undefined
      ? mergePrimitives(before, value)
      : mergeItems(before, value, key, schema?.items);
  return inDeclaredOrder(merged, before, order ?? value, key);
}

function mergePrimitives(before: JsonValue[], patch: JsonValue[]): JsonValue[] {
  const added = patch.filter((item) => !before.includes(item));
  return [...before, ...new Set(added)];
}

function mergeItems(
  before: JsonValue[],
  patch: JsonValue[],
  key: string,
  schema: Schema | undefined,
): JsonValue[] {
  const items = patch.map((item) => requireKeyed(item, key));
  if (items.some((item) => item[DIRECTIVE] === 'replace')) {
    return cleanItems(items.filter((item) => item[DIRECTIVE] !== 'replace'));
  }
  let merged = [...before];
  for (const item of items) {
    const isSame = (other: JsonValue): boolean =>
      isJsonObject(other) && jsonEqual(other[key], item[key]);
    if (item[DIRECTIVE] === 'delete') {
      merged = merged.filter((other) => !isSame(other));
      continue;
    }
    const at = merged.findIndex(isSame);
    const existing = merged[at];
    if (isJsonObject(existing)) merged[at] = applyStrategicMergePatch(existing, item, schema);
    else merged.push(withoutDirectives(item) ?? {});
  }
  return merged;
}

function requireKeyed(item: JsonValue, key: string): JsonObject {
  if (isJsonObject(item) && (item[key] !== undefined || item[DIRECTIVE] === 'replace')) return item;
  const message = `map: ${goText(item)} does not contain declared merge key: ${key}`;
  throw new ApiError(500, '', message);
}

/** `$retainKeys` keeps only the named fields of what is there: for unions and the like. */
function retained(object: JsonObject, patch: JsonObject): JsonObject {
  const keys = patch[RETAIN_KEYS];
  if (!Array.isArray(keys)) return { ...object };
  const unlisted = Object.keys(patch).find(
    (field) => !field.startsWith('$') && patch[field] !== null && !keys.includes(field),
  );
  if (unlisted !== undefined) {
    throw badRequest("responses don't contain all the keys in $retainKeys list");
  }
  return Object.fromEntries(Object.entries(object).filter(([field]) => keys.includes(field)));
}

function deleteFromPrimitiveLists(object: JsonObject, patch: JsonObject): void {
  for (const [directive, values] of Object.entries(patch)) {
    if (!directive.startsWith(DELETE_FROM_LIST) || !Array.isArray(values)) continue;
    const field = directive.slice(DELETE_FROM_LIST.length);
    const list = object[field];
    if (Array.isArray(list)) object[field] = list.filter((item) => !values.includes(item));
  }
}

function elementOrders(patch: JsonObject): Map<string, JsonValue[]> {
  const orders = new Map<string, JsonValue[]>();
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(ELEMENT_ORDER) || !Array.isArray(order)) continue;
    orders.set(directive.slice(ELEMENT_ORDER.length), order);
  }
  return orders;
}

/** An order may be declared for a list that the patch does not otherwise change. */
function reorderUntouched(
  merged: JsonObject,
  patch: JsonObject,
  schema: Schema | undefined,
  orders: Map<string, JsonValue[]>,
): void {
  for (const [field, order] of orders) {
    const list = merged[field];
    if (patch[field] !== undefined || !Array.isArray(list)) continue;
    const key = schemaOfField(schema, field)?.['x-kubernetes-patch-merge-key'];
    merged[field] = inDeclaredOrder(list, list, order, key);
  }
}

/** New values may carry directives too; undefined for one that deletes itself. */
function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) return cleanItems(value);
  if (!isJsonObject(value)) return value;
  if (value[DIRECTIVE] === 'delete') return undefined;
  const clean: JsonObject = {};
  for (const [field, part] of Object.entries(value)) {
    if (field.startsWith('$') || part === null || part === undefined) continue;
    const cleaned = withoutDirectives(part);
    if (cleaned !== undefined) clean[field] = cleaned;
  }
  return clean;
}

function cleanItems(list: JsonValue[]): JsonValue[] {
  return list.map(withoutDirectives).filter((item) => item !== undefined);
}

function without(object: JsonObject, field: string): JsonObject {
  const { [field]: _removed, ...rest } = object;
  return rest;
}
