import type { KubeObject } from '../../../src/ports/cluster.ts';
import type { RawApi } from './api-client.ts';

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Waits by watching until the object at `path` satisfies `predicate`, and returns it. Throws after
 * `timeoutMs` with what was last seen.
 */
export async function until<T extends KubeObject = KubeObject>(
  api: RawApi,
  path: string,
  predicate: (object: T) => boolean,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<T> {
  const satisfies = ([object]: T[]) => object !== undefined && predicate(object);
  const [object] = await untilList<T>(api, asCollection(path), satisfies, timeoutMs);
  return object as T;
}

/** Waits by watching until no object is at `path`. */
export async function untilGone(
  api: RawApi,
  path: string,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
  await untilList(api, asCollection(path), (items) => items.length === 0, timeoutMs);
}

/** Waits by watching until the objects listed at `path` satisfy `predicate`, and returns them. */
export async function untilList<T extends KubeObject = KubeObject>(
  api: RawApi,
  path: string,
  predicate: (items: T[]) => boolean,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<T[]> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const done = new AbortController();
  let seen: T[] = [];
  try {
    for await (const items of states<T>(api, path, AbortSignal.any([timeout, done.signal]))) {
      seen = items;
      if (predicate(items)) return items;
    }
  } finally {
    done.abort();
  }
  throw new Error(
    `waited ${timeoutMs} ms in vain for ${path}; last seen: ${JSON.stringify(seen, undefined, 1)}`,
  );
}

/** What is listed at `path`: now, and again after each change, until `signal` aborts. */
export async function* states<T extends KubeObject>(
  api: RawApi,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<T[]> {
  while (!signal.aborted) {
    const list = await api.get<{ metadata: { resourceVersion: string }; items: T[] }>(path);
    const items = new Map(list.items.map((item) => [item.metadata.uid, item]));
    yield [...items.values()];
    const from = `${path.includes('?') ? '&' : '?'}resourceVersion=${list.metadata.resourceVersion}`;
    for await (const event of api.watch(path + from, signal)) {
      if (event.type === 'ERROR') break;
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') items.delete(event.object.metadata.uid);
      else items.set(event.object.metadata.uid, event.object as T);
      yield [...items.values()];
    }
  }
}

function asCollection(objectPath: string): string {
  const at = objectPath.lastIndexOf('/');
  return `${objectPath.slice(0, at)}?fieldSelector=metadata.name%3D${objectPath.slice(at + 1)}`;
}
