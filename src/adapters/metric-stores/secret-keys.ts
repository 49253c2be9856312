import { StoreError } from './store.ts';

/** Decoded data of a Secret; undefined when it does not exist. */
export type ReadSecret = (
  namespace: string,
  name: string,
) => Promise<Readonly<Record<string, string>> | undefined>;

/** What a template's Secret holds, read anew for every measurement: credentials rotate. */
export class SecretKeys {
  readonly #data: Readonly<Record<string, string>>;
  /** `Secret shop/datadog`; undefined where the template names none. */
  readonly where: string | undefined;

  constructor(where?: string, data: Readonly<Record<string, string>> = {}) {
    this.where = where;
    this.#data = data;
  }

  /** Without the newline that files end with; undefined when there is no such key, or nothing in it. */
  get(key: string): string | undefined {
    const value = Object.hasOwn(this.#data, key) ? this.#data[key]?.trim() : undefined;
    return value === '' ? undefined : value;
  }

  /** @throws StoreError that names every key it takes. */
  all<K extends string>(...keys: readonly K[]): Record<K, string> {
    const missing = keys.filter((key) => this.get(key) === undefined);
    if (missing.length > 0) throw secretError(this.#lack(keys));
    return Object.fromEntries(keys.map((key) => [key, this.get(key)])) as Record<K, string>;
  }

  /** All of them, or none where the template names no Secret. */
  allOrNone<K extends string>(...keys: readonly K[]): Record<K, string> | undefined {
    return this.where === undefined ? undefined : this.all(...keys);
  }

  /** A sentence for a Secret that has not what is needed: keys, never values. */
  #lack(needed: readonly string[]): string {
    const keys = needed.join(' and ');
    if (this.where === undefined) return `found nothing, needed is a Secret with ${keys}`;
    return `${this.where} has ${this.found}, needed are ${keys}`;
  }

  /** The keys that are there, for a sentence. */
  get found(): string {
    const keys = Object.keys(this.#data).filter((key) => this.get(key) !== undefined);
    return keys.join(', ').slice(0, 200) || 'no key';
  }

  get values(): readonly string[] {
    return Object.values(this.#data);
  }
}

export function secretError(message: string, facts: { outage?: boolean } = {}): StoreError {
  return new StoreError('spec.provider.secretRef', message, facts);
}
