import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { isJsonObject } from '../values/json-tree.ts';

/**
 * A set of field paths, as `metadata.managedFields` holds them. A path is a list of steps:
 * `f:name` a field, `k:{"name":"app"}` a list item by its keys, `v:"x"` an item of a set, `i:0` by
 * index. Operations answer new sets.
 */
export class FieldSet {
  /** Whether the path that leads here is itself in the set. */
  readonly #member: boolean;
  readonly #children: ReadonlyMap<string, FieldSet>;

  constructor(member = false, children: ReadonlyMap<string, FieldSet> = new Map()) {
    this.#member = member;
    this.#children = children;
  }

  static of(...paths: string[][]): FieldSet {
    let set = new FieldSet();
    for (const path of paths) set = set.union(FieldSet.#path(path));
    return set;
  }

  /** From the form of `fieldsV1`. */
  static fromJson(fields: JsonObject): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [step, below] of Object.entries(fields)) {
      if (step === '.' || !isJsonObject(below)) continue;
      const isLeaf = Object.keys(below).length === 0;
      const child = FieldSet.fromJson(below);
      children.set(step, child.#withMember(isLeaf || below['.'] !== undefined));
    }
    return new FieldSet(fields['.'] !== undefined, children);
  }

  get isEmpty(): boolean {
    return !this.#member && [...this.#children.values()].every((child) => child.isEmpty);
  }

  get steps(): string[] {
    return [...this.#children.keys()];
  }

  hasMember(step: string): boolean {
    const child = this.#children.get(step);
    return child !== undefined && child.#member;
  }

  below(step: string): FieldSet {
    const child = this.#children.get(step);
    return child ? child.#withMember(false) : new FieldSet();
  }

  union(other: FieldSet): FieldSet {
    const children = new Map(this.#children);
    for (const [step, child] of other.#children) {
      children.set(step, children.get(step)?.union(child) ?? child);
    }
    return new FieldSet(this.#member || other.#member, children);
  }

  /** Without the paths of the other set; paths below those stay. */
  difference(other: FieldSet): FieldSet {
    return this.#combine(other, (mine, theirs) => mine && !theirs, true);
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, (mine, theirs) => mine && theirs, false);
  }

  /** Without the paths of the other set and everything below them. */
  without(other: FieldSet): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [step, child] of this.#children) {
      if (other.hasMember(step)) continue;
      const rest = child.without(other.#children.get(step) ?? new FieldSet());
      if (!rest.isEmpty) children.set(step, rest);
    }
    return new FieldSet(this.#member, children);
  }

  /** Only what lies at or below the paths of the other set. */
  within(other: FieldSet): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [step, child] of this.#children) {
      const theirs = other.#children.get(step);
      if (!theirs) continue;
      const kept = theirs.#member ? child : child.#withMember(false).within(theirs);
      if (!kept.isEmpty) children.set(step, kept);
    }
    return new FieldSet(false, children);
  }

  /** Adds the children that `isNamed` names as paths of their own, at every level. */
  withNamedParents<Context>(
    context: Context,
    isNamed: (context: Context, step: string) => boolean,
    descend: (context: Context, step: string) => Context,
  ): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [step, child] of this.#children) {
      const filled = child.withNamedParents(descend(context, step), isNamed, descend);
      children.set(step, filled.#withMember(child.#member || isNamed(context, step)));
    }
    return new FieldSet(this.#member, children);
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** Every path, in order. */
  paths(prefix: string[] = []): string[][] {
    const here = this.#member ? [prefix] : [];
    return [
      ...here,
      ...sortedEntries(this.#children).flatMap(([step, child]) => child.paths([...prefix, step])),
    ];
  }

  /** The form of `fieldsV1`. */
  toJson(): JsonObject {
    const fields: JsonObject = {};
    for (const [step, child] of sortedEntries(this.#children)) {
      if (child.isEmpty) continue;
      const below = child.#withMember(false).toJson();
      const isLeaf = Object.keys(below).length === 0;
      fields[step] = child.#member && !isLeaf ? { '.': {}, ...below } : below;
    }
    return fields;
  }

  #withMember(member: boolean): FieldSet {
    return member === this.#member ? this : new FieldSet(member, this.#children);
  }

  #combine(
    other: FieldSet,
    keep: (mine: boolean, theirs: boolean) => boolean,
    keepUnmatched: boolean,
  ): FieldSet {
    const children = new Map<string, FieldSet>();
    for (const [step, child] of this.#children) {
      const theirs = other.#children.get(step);
      if (!theirs) {
        if (keepUnmatched) children.set(step, child);
        continue;
      }
      const combined = child.#combine(theirs, keep, keepUnmatched);
      if (!combined.isEmpty) children.set(step, combined);
    }
    return new FieldSet(keep(this.#member, other.#member), children);
  }

  static #path(steps: string[]): FieldSet {
    const [step, ...rest] = steps;
    if (step === undefined) return new FieldSet(true);
    return new FieldSet(false, new Map([[step, FieldSet.#path(rest)]]));
  }
}

/** A path as conflicts name it: `.spec.containers[name="app"].image`. */
export function pathText(path: readonly string[]): string {
  return path.map(stepText).join('');
}

function stepText(step: string): string {
  const detail = step.slice(2);
  if (step.startsWith('f:')) return `.${detail}`;
  if (step.startsWith('i:')) return `[${detail}]`;
  const value = JSON.parse(detail) as JsonValue;
  if (step.startsWith('v:') || !isJsonObject(value)) return `[=${JSON.stringify(value)}]`;
  const keys = Object.entries(value).map(([key, item]) => `${key}=${JSON.stringify(item)}`);
  return `[${keys.join(',')}]`;
}

function sortedEntries(children: ReadonlyMap<string, FieldSet>): [string, FieldSet][] {
  return [...children].sort(([left], [right]) => (left < right ? -1 : 1));
}
