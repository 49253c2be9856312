import type { JsonValue } from '../cluster-state.ts';
import type { Schema } from '../schema/schema.ts';

/** What a model of the Kubernetes API says about its fields beyond their types. */
export interface ModelFacts {
  /** Owned and replaced as a whole by server-side apply. */
  atomic?: true;
  /** Lists and maps that do not simply replace each other; a list not named here is atomic. */
  merge?: Record<string, MergeFacts>;
  /** Numbers and booleans left out when zero or false; all others are kept as given. */
  zeroIsAbsent?: string;
  /** Strings that are kept when empty; all others are left out. */
  emptyIsKept?: string;
  /** Fields that are always there, with what they hold when nobody sets them. */
  always?: Record<string, JsonValue>;
  /** Defaults that decide the identity of list items. */
  keyDefaults?: Record<string, JsonValue>;
  quantities?: string;
}

export type MergeFacts = Pick<
  Schema,
  | 'x-kubernetes-list-type'
  | 'x-kubernetes-list-map-keys'
  | 'x-kubernetes-map-type'
  | 'x-kubernetes-patch-strategy'
  | 'x-kubernetes-patch-merge-key'
>;

export const ATOMIC: ModelFacts = { atomic: true };
export const CONDITIONS: ModelFacts = { merge: { conditions: mergedBy('type') } };
export const SPEC_AND_STATUS: ModelFacts = { always: { spec: {}, status: {} } };

/** Merged by `key` in a strategic merge patch; owned item by item, by `identity`, in an apply. */
export function mergedBy(key: string, identity = [key], strategy = 'merge'): MergeFacts {
  return {
    ...mapBy(...identity),
    'x-kubernetes-patch-strategy': strategy,
    'x-kubernetes-patch-merge-key': key,
  };
}

export function mapBy(...identity: string[]): MergeFacts {
  return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': identity };
}

export function setOnly(): MergeFacts {
  return { 'x-kubernetes-list-type': 'set' };
}

export function mergedSet(): MergeFacts {
  return { ...setOnly(), 'x-kubernetes-patch-strategy': 'merge' };
}
