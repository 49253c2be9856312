import { EVERY, type Reference } from './references.ts';

/** Which canaries refer to what. */
export class ReferenceIndex {
  readonly #keys = new Map<Reference, Set<string>>();
  readonly #references = new Map<string, ReadonlySet<Reference>>();

  /** Replaces all that the canary refers to. */
  set(key: string, references: ReadonlySet<Reference>): void {
    for (const old of this.referencesOf(key)) {
      const keys = this.#keys.get(old);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(old);
    }
    for (const reference of references) {
      const keys = this.#keys.get(reference) ?? new Set();
      this.#keys.set(reference, keys.add(key));
    }
    if (references.size === 0) this.#references.delete(key);
    else this.#references.set(key, references);
  }

  referencesOf(key: string): ReadonlySet<Reference> {
    return this.#references.get(key) ?? new Set();
  }

  /** Keys of the canaries that refer to the object, by its name or to all of its namespace. */
  keysOf(reference: Reference): string[] {
    const every = `${reference.slice(0, reference.lastIndexOf('/'))}/${EVERY}`;
    return [...(this.#keys.get(reference) ?? []), ...(this.#keys.get(every) ?? [])];
  }
}
