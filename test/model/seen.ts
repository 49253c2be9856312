import type { State } from './state.ts';

/**
 * The states that were met, as 63 bits of hash each, and how each was reached: of ten million states
 * two have the same hash with a probability of one in 180,000.
 */
export class Seen {
  #high = new Int32Array(START);
  #low = new Int32Array(START);
  #number = new Int32Array(START);
  #parents = new Int32Array(START);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** The number of the state that this one was first reached from; -1 for the first. */
  parent(number: number): number {
    return this.#parents[number]!;
  }

  /** The number of a state that is new; undefined for one that was met before. */
  add(state: State, parent: number): number | undefined {
    if (this.#count * 2 >= this.#high.length) this.#grow();
    const [high, low] = [hash(state, 0x9e3779b1), hash(state, 0x85ebca6b) | 1];
    const at = this.#place(high, low);
    if (this.#low[at] !== 0) return undefined;
    const number = this.#count;
    this.#put(at, high, low, number);
    this.#parents[number] = parent;
    this.#count += 1;
    return number;
  }

  /** The number of a state that was met; undefined for one that was not. */
  numberOf(state: State): number | undefined {
    const at = this.#place(hash(state, 0x9e3779b1), hash(state, 0x85ebca6b) | 1);
    return this.#low[at] === 0 ? undefined : this.#number[at];
  }

  #place(high: number, low: number): number {
    const mask = this.#high.length - 1;
    let at = (high ^ (low >>> 7)) & mask;
    while (this.#low[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  #put(at: number, high: number, low: number, number: number): void {
    this.#high[at] = high;
    this.#low[at] = low;
    this.#number[at] = number;
  }

  #grow(): void {
    const [high, low, number, parents] = [this.#high, this.#low, this.#number, this.#parents];
    const size = high.length * 2;
    this.#high = new Int32Array(size);
    this.#low = new Int32Array(size);
    this.#number = new Int32Array(size);
    this.#parents = new Int32Array(size);
    this.#parents.set(parents);
    for (const [i, one] of low.entries()) {
      if (one !== 0) this.#put(this.#place(high[i]!, one), high[i]!, one, number[i]!);
    }
  }
}

const START = 1 << 16;

/** Mixes all numbers of a state into 32 bits (murmur3's steps). */
function hash(state: State, seed: number): number {
  let h = seed;
  for (let i = 0; i < state.length; i += 1) {
    let k = Math.imul(state[i]!, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, 0x1b873593);
    h = (h << 13) | (h >>> 19);
    h = (Math.imul(h, 5) + 0xe6546b64) | 0;
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
