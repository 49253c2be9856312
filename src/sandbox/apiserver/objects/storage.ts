import type { KubeObject } from '../cluster-state.ts';
import { expired } from './api-errors.ts';
import { Table } from './table.ts';
import { deepFreeze } from '../values/json-tree.ts';

/** One commit: what the object is now and what it was; `revision` counts commits to all tables. */
export interface StoredEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  table: string;
  revision: number;
  /** After the commit; for DELETED the last state, carrying the revision of the deletion. */
  object: KubeObject;
  previous: KubeObject | undefined;
}

export interface Change {
  type: StoredEvent['type'];
  table: string;
  object: KubeObject;
}

const DEFAULT_HISTORY = 10_000;

/**
 * All objects, in tables of one resource each, under one counter of revisions. Objects are frozen
 * at commit. The last `historySize` commits are kept, so that a watch can resume and a paginated
 * list can go on reading the past; what is older is Expired.
 */
export class Storage {
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Set<Listener>();
  readonly #undelivered: StoredEvent[] = [];
  readonly #historySize: number;
  #history: StoredEvent[] = [];
  #compacted = 0;
  #revision = 1;
  #delivering = false;

  constructor(historySize = DEFAULT_HISTORY) {
    this.#historySize = historySize;
  }

  get revision(): number {
    return this.#revision;
  }

  get(table: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#tables.get(table)?.get(namespace, name);
  }

  /** Ordered by namespace and name; of all namespaces when none is given. */
  list(table: string, namespace?: string): readonly KubeObject[] {
    return this.#tables.get(table)?.list(namespace) ?? [];
  }

  /** The tables that hold anything. */
  tables(): string[] {
    return [...this.#tables].filter(([, objects]) => objects.size > 0).map(([table]) => table);
  }

  /** Stores the change under the next revision, tells the listeners, and answers what was stored. */
  commit({ type, table, object }: Change): KubeObject {
    this.#revision += 1;
    const { namespace, name } = object.metadata;
    const resourceVersion = String(this.#revision);
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion } });
    const objects = this.#tables.get(table) ?? new Table();
    this.#tables.set(table, objects);
    const previous = objects.get(namespace, name);
    if (type === 'DELETED') objects.delete(namespace, name);
    else objects.set(stored);
    this.#record({ type, table, revision: this.#revision, object: stored, previous });
    return stored;
  }

  /** Whether every commit after `revision` is still known. */
  remembers(revision: number): boolean {
    return revision >= this.#compacted;
  }

  /** The commits after `revision`, oldest first. Throws Expired when some are no longer known. */
  eventsSince(revision: number): StoredEvent[] {
    if (!this.remembers(revision)) {
      throw expired(`too old resource version: ${revision} (${this.#compacted})`);
    }
    return this.#history.slice(firstAfter(this.#history, revision));
  }

  /** A table as it was at a past revision. Throws Expired as `eventsSince`. */
  listAt(table: string, revision: number, namespace?: string): readonly KubeObject[] {
    if (revision >= this.#revision) return this.list(table, namespace);
    const objects = new Table(this.list(table));
    for (const event of this.eventsSince(revision).reverse()) {
      if (event.table !== table) continue;
      const { namespace: of, name } = event.object.metadata;
      if (event.previous) objects.set(event.previous);
      else objects.delete(of, name);
    }
    return objects.list(namespace);
  }

  /** Forgets the history: whoever asks for an older revision than the present gets Expired. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#revision;
  }

  /** Calls back synchronously after each later commit. Commits made meanwhile wait their turn. */
  subscribe(callback: (event: StoredEvent) => void): () => void {
    const listener = { callback, since: this.#revision };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(event: StoredEvent): void {
    this.#history.push(event);
    // Trimmed in batches, so that a commit does not shift the whole ring each time.
    if (this.#history.length > this.#historySize * 1.25) {
      const dropped = this.#history.splice(0, this.#history.length - this.#historySize);
      this.#compacted = dropped.at(-1)?.revision ?? this.#compacted;
    }
    this.#undelivered.push(event);
    if (!this.#delivering) this.#deliver();
  }

  #deliver(): void {
    this.#delivering = true;
    for (let event = this.#undelivered.shift(); event; event = this.#undelivered.shift()) {
      for (const listener of Array.from(this.#listeners)) this.#tell(listener, event);
    }
    this.#delivering = false;
  }

  /** A commit cannot be undone by who hears of it: what a listener throws surfaces by itself. */
  #tell(listener: Listener, event: StoredEvent): void {
    if (event.revision <= listener.since || !this.#listeners.has(listener)) return;
    try {
      listener.callback(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

interface Listener {
  callback: (event: StoredEvent) => void;
  since: number;
}

/** Binary search: the index of the first event with a later revision. */
function firstAfter(history: readonly StoredEvent[], revision: number): number {
  let low = 0;
  let high = history.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((history[middle] as StoredEvent).revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
