import { createHash } from 'node:crypto';

/**
 * A short name for a JSON value: the same for equal values, whatever the order of their keys.
 * Consonants only: no name reads as a number in YAML (`12e456`), and none spells a word.
 */
export function fingerprint(value: unknown, length: number): string {
  const digest = createHash('sha256').update(canonicalJson(value)).digest();
  return Array.from(digest.subarray(0, length), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** The same for an object that does not change, as those of the local store: computed once. */
export function fingerprintOnce(value: object): string {
  const known = once.get(value);
  if (known !== undefined) return known;
  const print = fingerprint(value, 20);
  once.set(value, print);
  return print;
}

const once = new WeakMap<object, string>();

const LETTERS = 'bcdfghjklmnpqrstvwxz';

/** JSON with sorted keys. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    const entries = Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  });
}
