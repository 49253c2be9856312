import type { JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/**
 * Orders a merged list by `$setElementOrder`: the listed items as declared, each of the others
 * before the first listed item that it preceded in the live list.
 */
export function inDeclaredOrder(
  merged: JsonValue[],
  live: JsonValue[],
  order: JsonValue[],
  key: string | undefined,
): JsonValue[] {
  const identify = (item: JsonValue): string =>
    JSON.stringify(key !== undefined && isJsonObject(item) ? (item[key] ?? null) : item);
  const declared = order.map(identify);
  const liveOrder = live.map(identify);
  const isDeclared = (item: JsonValue): boolean => declared.includes(identify(item));
  const placed = merged
    .filter(isDeclared)
    .sort((left, right) => declared.indexOf(identify(left)) - declared.indexOf(identify(right)));
  let from = 0;
  for (const item of merged.filter((one) => !isDeclared(one))) {
    const mine = liveOrder.indexOf(identify(item));
    let at = from;
    while (at < placed.length && liveOrder.indexOf(identify(placed[at] as JsonValue)) < mine)
      at += 1;
    placed.splice(at, 0, item);
    from = at + 1;
  }
  return placed;
}
