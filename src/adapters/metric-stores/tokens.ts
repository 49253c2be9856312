/** Something that is made at a price and serves for a while. */
export interface Lent<T> {
  readonly value: T;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** Credentials that were lent, each kept until shortly before it ends. */
export class Tokens<T> {
  readonly #kept = new Map<string, Lent<T>>();

  async get(key: string, now: number, make: () => Promise<Lent<T>>): Promise<T> {
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until - EARLY_MS > now) return kept.value;
    this.#kept.delete(key);
    const lent = await make();
    if (this.#kept.size >= MOST) this.#kept.clear();
    this.#kept.set(key, lent);
    return lent.value;
  }
}

/** A token that ends under way is refused. */
const EARLY_MS = 300_000;

/** Keys rotate, and nobody says which are of no use any more. */
const MOST = 100;
