import { expired, statusOf } from '../objects/api-errors.ts';
import { ApiError, type KubeObject } from '../cluster-state.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import type { Predicate } from './selectors.ts';
import type { Storage, StoredEvent } from '../objects/storage.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

export interface WatchRequest {
  definition: ResourceDefinition;
  namespace: string | undefined;
  matches: Predicate;
  /** Start after this revision; undefined begins with what exists now. */
  since: number | undefined;
  bookmarks: boolean;
  /** What exists, then a bookmark that says so, then changes: the streaming form of a list. */
  sendInitialEvents: boolean;
  bookmarkEvery: number;
}

/** Where events go. `object` is what the client shall see, not yet in its form. */
export interface WatchSink {
  send(type: WatchEventType, object: KubeObject | Record<string, unknown>): void;
  end(): void;
}

/**
 * One watch: replays what was missed, then follows the commits. An object that comes to match a
 * selector is ADDED, one that ceases to is DELETED. A start that is too old ends it with an ERROR that says Expired.
 */
export class WatchStream {
  readonly #storage: Storage;
  readonly #request: WatchRequest;
  readonly #sink: WatchSink;
  readonly #unsubscribe: () => void;
  readonly #bookmarkTimer: NodeJS.Timeout | undefined;
  #silent = false;

  constructor(storage: Storage, request: WatchRequest, sink: WatchSink) {
    this.#storage = storage;
    this.#request = request;
    this.#sink = sink;
    this.#unsubscribe = storage.subscribe((event) => this.#deliver(event));
    if (request.bookmarks) {
      this.#bookmarkTimer = setInterval(() => this.bookmark(), request.bookmarkEvery);
      this.#bookmarkTimer.unref();
    }
    this.#begin();
  }

  /** Tells the client how far it has come, if it asked to be told. */
  bookmark(): void {
    if (this.#request.bookmarks) this.#bookmark();
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#bookmarkTimer);
  }

  /** From now on nothing is sent, as over a connection whose other end has vanished. */
  silence(): void {
    this.#silent = true;
  }

  /** Tells the client that its place in history is lost, and ends. */
  expire(): void {
    const error = expired(`too old resource version: ${this.#storage.revision}`);
    this.fail(error);
  }

  fail(error: ApiError): void {
    if (!this.#silent) this.#sink.send('ERROR', statusOf(error));
    this.close();
    this.#sink.end();
  }

  #begin(): void {
    const { since } = this.#request;
    if (since === undefined) {
      this.#sendExisting();
      return;
    }
    try {
      for (const event of this.#storage.eventsSince(since)) this.#deliver(event);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.fail(error);
    }
  }

  #sendExisting(): void {
    const { definition, namespace, matches, sendInitialEvents, bookmarks } = this.#request;
    for (const stored of this.#storage.list(definition.storage.table, namespace)) {
      const object = definition.storage.decode(stored);
      if (matches(object)) this.#send('ADDED', object);
    }
    if (sendInitialEvents && bookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #deliver(event: StoredEvent): void {
    const { definition, namespace, matches } = this.#request;
    const { table, decode } = definition.storage;
    if (event.table !== table) return;
    if (namespace !== undefined && event.object.metadata.namespace !== namespace) return;
    const object = decode(event.object);
    const was = event.previous !== undefined && matches(decode(event.previous));
    const is = event.type !== 'DELETED' && matches(object);
    if (is) this.#send(was ? 'MODIFIED' : 'ADDED', object);
    else if (was) this.#send('DELETED', this.#lastMatching(event));
  }

  /** An object that leaves a selector is shown as it last matched, at the revision it left. */
  #lastMatching({ type, object, previous }: StoredEvent): KubeObject {
    const { decode } = this.#request.definition.storage;
    const shown = type === 'DELETED' || !previous ? object : previous;
    const { resourceVersion } = object.metadata;
    return decode({ ...shown, metadata: { ...shown.metadata, resourceVersion } });
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { definition } = this.#request;
    const { group, version, kind } = definition;
    this.#send('BOOKMARK', {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: {
        resourceVersion: String(this.#storage.revision),
        ...(annotations ? { annotations } : {}),
      },
    });
  }

  #send(type: WatchEventType, object: KubeObject | Record<string, unknown>): void {
    if (!this.#silent) this.#sink.send(type, object);
  }
}
