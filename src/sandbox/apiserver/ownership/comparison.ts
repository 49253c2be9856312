import type { JsonValue } from '../cluster-state.ts';
import { isNamedField, partsOf, relationOf, type Part } from './relations.ts';
import { FieldSet } from './field-set.ts';
import { isJsonObject, jsonEqual } from '../values/json-tree.ts';
import type { Schema } from '../schema/schema.ts';

/** Which fields a change adds, alters and takes away. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

export function compareFields(before: JsonValue, after: JsonValue, schema: Schema): Comparison {
  const paths = { added: [], modified: [], removed: [] };
  compare(before, after, schema, [], paths);
  return {
    added: FieldSet.of(...paths.added),
    modified: FieldSet.of(...paths.modified),
    removed: FieldSet.of(...paths.removed),
  };
}

/** The fields that an applied configuration states. */
export function fieldsOf(value: JsonValue, schema: Schema): FieldSet {
  const paths: string[][] = [];
  collect(value, schema, [], paths);
  return FieldSet.of(...paths);
}

interface Paths {
  added: string[][];
  modified: string[][];
  removed: string[][];
}

function compare(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  schema: Schema | undefined,
  path: string[],
  paths: Paths,
): void {
  if (before === undefined && after === undefined) return;
  if (before === undefined) paths.added.push(path);
  else if (after === undefined) paths.removed.push(path);
  if (isComparedWhole(before, after, schema)) {
    if (before !== undefined && after !== undefined && !jsonEqual(before, after)) {
      paths.modified.push(path);
    }
    return;
  }
  const [old, now] = [byStep(partsOf(schema, before)), byStep(partsOf(schema, after))];
  for (const step of new Set([...old.keys(), ...now.keys()])) {
    const [left, right] = [old.get(step), now.get(step)];
    compare(left?.value, right?.value, (right ?? left)?.schema, [...path, step], paths);
  }
}

/** Leaves, values that change their nature, and what is empty on both sides. */
function isComparedWhole(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  schema: Schema | undefined,
): boolean {
  const relations = [before, after]
    .filter((value) => value !== undefined && value !== null)
    .map((value) => relationOf(schema, value));
  if (relations.length === 0 || relations.includes('leaf')) return true;
  if (new Set(relations).size > 1) return true;
  return isBare(before) && isBare(after);
}

function isBare(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  return Object.keys(value).length === 0;
}

function collect(
  value: JsonValue,
  schema: Schema | undefined,
  path: string[],
  paths: string[][],
): void {
  if (relationOf(schema, value) === 'leaf') {
    paths.push(path);
    return;
  }
  for (const part of partsOf(schema, value)) {
    const partPath = [...path, part.step];
    collect(part.value, part.schema, partPath, paths);
    if (isStated(part, schema)) paths.push(partPath);
  }
}

/** A list item, a key of a map and an empty object are owned as such; a named struct is not. */
function isStated(part: Part, parent: Schema | undefined): boolean {
  if (!isNamedField(parent, part.step)) return true;
  return part.value === null || (isJsonObject(part.value) && Object.keys(part.value).length === 0);
}

function byStep(parts: Part[]): Map<string, Part> {
  return new Map(parts.map((part) => [part.step, part]));
}
