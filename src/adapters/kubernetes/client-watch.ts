import type { Readable } from 'node:stream';
import type { KubeObject, WatchEvent } from '../../ports/cluster.ts';
import { type Asked, noAnswerOf, streamErrorOf } from './client-errors.ts';
import { objectOf } from './client-list.ts';
import type { Query } from './client-paths.ts';

/** The server ends a watch after about this long; not all watches at once. */
const TIMEOUT_SECONDS = 300;
const TIMEOUT_SPREAD_SECONDS = 60;

export function watchQuery(resourceVersion: string): Query {
  const spread = (Math.random() * 2 - 1) * TIMEOUT_SPREAD_SECONDS;
  return {
    watch: 'true',
    resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(Math.round(TIMEOUT_SECONDS + spread)),
  };
}

/**
 * The events of a watch's answer, one JSON object a line. Throws a `ClusterError` for an in-stream
 * error and for a line that is no event: going on would lose one. What breaks the stream is thrown
 * as it is.
 */
export async function* watchEvents(
  asked: Asked,
  body: Readable,
  metadataOnly: boolean,
): AsyncGenerator<WatchEvent> {
  const complete = objectOf(asked.kind, metadataOnly);
  for await (const line of linesOf(body)) {
    yield eventOf(asked, line, complete);
  }
}

async function* linesOf(body: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body as AsyncIterable<Buffer>) {
    const text = decoder.decode(chunk, { stream: true });
    // Most chunks are whole lines; a long one is searched only where it is new.
    if (!text.includes('\n')) {
      rest += text;
      continue;
    }
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield line;
  }
  if (rest.trim() !== '') yield rest;
}

function eventOf(
  asked: Asked,
  line: string,
  complete: (object: KubeObject) => KubeObject,
): WatchEvent {
  const { type, object } = parsed(line);
  if (type === 'ERROR') throw streamErrorOf(asked, object);
  const resourceVersion = versionOf(object);
  if (resourceVersion !== undefined) {
    if (type === 'BOOKMARK') return { type, resourceVersion };
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
      return { type, object: complete(object as KubeObject) };
    }
  }
  throw noAnswerOf(asked, 'a line of the watch that is no event');
}

function parsed(line: string): { type?: unknown; object?: unknown } {
  try {
    return (JSON.parse(line) ?? {}) as { type?: unknown; object?: unknown };
  } catch {
    return {};
  }
}

function versionOf(object: unknown): string | undefined {
  if (typeof object !== 'object' || object === null) return undefined;
  const { metadata } = object as { metadata?: { resourceVersion?: unknown } };
  const version = metadata?.resourceVersion;
  return typeof version === 'string' ? version : undefined;
}
