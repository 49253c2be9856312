/** Half-open spans of time on one grid, `(end - length, end]`, and something counted in each. */
export class Blocks<T> {
  readonly #byKey = new Map<string, Map<number, T>>();

  /** What is counted for a key in the block that ends then; made when there is nothing yet. */
  at(key: string, end: number, create: () => T): T {
    const blocks = getOrMake(this.#byKey, key, () => new Map<number, T>());
    return getOrMake(blocks, end, create);
  }

  /** What is counted in the blocks that end after `after` and not after `until`. */
  within(key: string, { after, until }: { after: number; until: number }, lengthMs: number): T[] {
    const blocks = this.#byKey.get(key);
    if (blocks === undefined) return [];
    if (until - after > lengthMs * blocks.size) {
      return [...blocks]
        .filter(([end]) => end > after && end <= until)
        .map(([, counted]) => counted);
    }
    const found: T[] = [];
    for (let end = (Math.floor(after / lengthMs) + 1) * lengthMs; end <= until; end += lengthMs) {
      const counted = blocks.get(end);
      if (counted !== undefined) found.push(counted);
    }
    return found;
  }

  /** Drops what ended before a time, and keys that nobody wants any more. */
  prune(before: number, wanted: (key: string) => boolean): void {
    for (const [key, blocks] of this.#byKey) {
      for (const end of blocks.keys()) if (end < before) blocks.delete(end);
      if (blocks.size === 0 || !wanted(key)) this.#byKey.delete(key);
    }
  }

  clear(): void {
    this.#byKey.clear();
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = create();
  map.set(key, made);
  return made;
}
