import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../ports/cluster.ts';
import { at, isMap } from './json.ts';

/**
 * A field that Linnet owns in an object, and what it must be; undefined: it must be absent. All
 * other fields of the object are left alone (DESIGN, law 8).
 */
export interface OwnedField {
  readonly path: readonly string[];
  readonly value: unknown;
}

export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace';
  readonly path: string;
  readonly value?: unknown;
}

export function owned(value: unknown, ...path: string[]): OwnedField {
  return { path, value };
}

/** The owned fields that are not what they must be. */
export function differing(live: KubeObject, fields: readonly OwnedField[]): OwnedField[] {
  return fields.filter(({ path, value }) => !isDeepStrictEqual(at(live, ...path), value));
}

/**
 * A JSON Patch that sets the fields, given what the object was. It carries the resourceVersion by
 * `replace`, so that a newer object answers 409 (a failed `test` would answer 422).
 */
export function patchOf(live: KubeObject, fields: readonly OwnedField[]): PatchOperation[] {
  const made = new Set<string>();
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
    ...fields.flatMap((field) => operationsFor(live, field, made)),
  ];
}

/** `spec.replicas is 1, must be 3`; values that are no scalars, or are long, are not shown. */
export function differenceText(live: KubeObject, { path, value }: OwnedField): string {
  const [is, mustBe] = [show(at(live, ...path)), show(value)];
  const name = path.join('.');
  return is === undefined || mustBe === undefined
    ? `${name} differs`
    : `${name} is ${is}, must be ${mustBe}`;
}

/** `made`: parents that earlier operations of the same patch have created. */
function operationsFor(live: KubeObject, field: OwnedField, made: Set<string>): PatchOperation[] {
  const { path, value } = field;
  if (value === undefined) {
    return at(live, ...path) === undefined ? [] : [{ op: 'remove', path: pointer(path) }];
  }
  const parents = path.slice(0, -1).map((_, depth) => path.slice(0, depth + 1));
  const absent = parents.filter(
    (parent) => !isMap(at(live, ...parent)) && !made.has(pointer(parent)),
  );
  for (const parent of absent) made.add(pointer(parent));
  return [
    ...absent.map((parent) => ({ op: 'add' as const, path: pointer(parent), value: {} })),
    { op: 'add', path: pointer(path), value },
  ];
}

function pointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function show(value: unknown): string | undefined {
  if (value === undefined) return 'unset';
  if (typeof value === 'object') return undefined;
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : undefined;
}
