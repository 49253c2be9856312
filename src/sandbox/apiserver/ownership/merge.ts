import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { partsOf, relationOf, type Part } from './relations.ts';
import type { FieldSet } from './field-set.ts';
import type { Schema } from '../schema/schema.ts';

/** Lays an applied configuration over the live object: leaves replace, the rest merges by part. */
export function mergeApplied(
  live: JsonValue | undefined,
  config: JsonValue,
  schema: Schema | undefined,
): JsonValue {
  const relation = relationOf(schema, config);
  if (relation === 'leaf' || live === undefined || relationOf(schema, live) !== relation) {
    return config;
  }
  if (relation === 'fields') return mergeFields(live as JsonObject, config as JsonObject, schema);
  return mergeItems(partsOf(schema, live), partsOf(schema, config));
}

/** The value without the given paths; what lies below a removed path goes with it. */
export function removeFields(
  value: JsonValue,
  fields: FieldSet,
  schema: Schema | undefined,
): JsonValue {
  if (fields.isEmpty || relationOf(schema, value) === 'leaf') return value;
  const kept = partsOf(schema, value).filter((part) => !fields.hasMember(part.step));
  const parts = kept.map((part) => ({
    ...part,
    value: removeFields(part.value, fields.below(part.step), part.schema),
  }));
  if (Array.isArray(value)) return parts.map((part) => part.value);
  return fromParts(parts.filter((part) => !isEmptied(part, kept)));
}

function mergeFields(live: JsonObject, config: JsonObject, schema: Schema | undefined): JsonObject {
  const merged: JsonObject = { ...live };
  for (const { step, value, schema: below } of partsOf(schema, config)) {
    const field = step.slice(2);
    merged[field] = mergeApplied(live[field], value, below);
  }
  return merged;
}

/**
 * Configured items come in the order of the configuration; live items that it does not name keep
 * their place among them.
 */
function mergeItems(live: Part[], config: Part[]): JsonValue[] {
  const liveParts = new Map(live.map((part) => [part.step, part]));
  const configured = new Set(config.map((part) => part.step));
  const awaited = config.filter((part) => liveParts.has(part.step)).map((part) => part.step);
  const merged: JsonValue[] = [];
  const taken = new Set<string>();
  const take = (part: Part): void => {
    merged.push(mergeApplied(liveParts.get(part.step)?.value, part.value, part.schema));
    taken.add(part.step);
    if (awaited[0] === part.step) awaited.shift();
  };
  let at = 0;
  for (const part of config) {
    for (; at < live.length && !taken.has(part.step); at += 1) {
      const passed = live[at] as Part;
      if (passed.step === part.step) take(part);
      else if (!configured.has(passed.step)) merged.push(passed.value);
      else if (!taken.has(passed.step) && awaited[0] === passed.step) break;
    }
    if (!taken.has(part.step)) take(part);
  }
  const rest = live.slice(at).filter((part) => !configured.has(part.step));
  return [...merged, ...rest.map((part) => part.value)];
}

/** A container that lost everything it held goes too; one that was empty before stays. */
function isEmptied(part: Part, before: Part[]): boolean {
  const isBare = (value: JsonValue | undefined): boolean =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return isBare(part.value) && !isBare(before.find((one) => one.step === part.step)?.value);
}

function fromParts(parts: Part[]): JsonObject {
  return Object.fromEntries(parts.map((part) => [part.step.slice(2), part.value]));
}
