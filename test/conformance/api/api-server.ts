import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

/** What a request carries besides its path. A body that is no string is sent as JSON. */
export interface Carried {
  body?: unknown;
  /** Of the body; JSON unless told otherwise. */
  type?: string;
  accept?: string;
  /** Instead of those that are sent otherwise. */
  headers?: Record<string, string>;
}

/** An answer as it came; `body` is parsed where it is JSON, and the text where it is not. */
export interface Answer<T = unknown> {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: T;
}

/** An event of a watch as it came. */
export interface RawEvent {
  type: string;
  object: ApiObject;
}

export interface RawWatch {
  /** The next `count` events. Throws when the server ends the watch before. */
  take(count: number): Promise<RawEvent[]>;
  /** What comes until the server ends the watch. */
  rest(): Promise<RawEvent[]>;
  close(): void;
}

export interface ApiObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    managedFields?: ManagedFields[];
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  [field: string]: unknown;
}

export interface ManagedFields {
  manager: string;
  operation: string;
  apiVersion: string;
  subresource?: string;
  fieldsType: string;
  fieldsV1: Record<string, unknown>;
}

/** A Kubernetes API over HTTP, with nothing in between that could smooth out a difference. */
export interface ApiServer {
  /** The type of the body is whatever the caller expects of it. */
  send<T = unknown>(method: string, path: string, carried?: Carried): Promise<Answer<T>>;
  /** Opens a watch. Throws when it is refused: `send` shows the refusal. */
  watch(path: string, accept?: string): Promise<RawWatch>;
  /** A revision whose later events the server no longer has, of any resource. */
  revisionTooOld: () => string;
  close(): Promise<void>;
}

export interface Reach {
  url: string;
  token: string;
  caFile?: string | undefined;
  revisionTooOld: () => string;
}

/** The field manager of every request that names no other. */
export const MANAGER = 'conformance';

export function reachApiServer({ url, token, caFile, revisionTooOld }: Reach): ApiServer {
  const dispatcher = new Agent({
    connect: caFile === undefined ? {} : { ca: readFileSync(caFile) },
    bodyTimeout: 30_000,
  });
  const headers = { authorization: `Bearer ${token}`, 'user-agent': `${MANAGER}/1` };
  return {
    async send(method: string, path: string, carried: Carried = {}) {
      const { body, type = 'application/json', accept } = carried;
      const answer = await request(url + path, {
        method: method as 'GET',
        dispatcher,
        headers: {
          ...headers,
          ...carried.headers,
          ...(body === undefined ? {} : { 'content-type': type }),
          ...(accept === undefined ? {} : { accept }),
        },
        body: body === undefined || typeof body === 'string' ? (body ?? null) : jsonOf(body),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, body: parsed(text) as never };
    },
    async watch(path, accept = 'application/json') {
      const ending = new AbortController();
      const { signal } = ending;
      const answer = await request(url + path, {
        dispatcher,
        headers: { ...headers, accept },
        signal,
      });
      if (answer.statusCode !== 200) throw new Error(await answer.body.text());
      const events = eventsOf(answer.body.setEncoding('utf8'));
      return {
        take: (count) => take(events, count),
        rest: () => take(events, Infinity),
        close: () => ending.abort(),
      };
    },
    revisionTooOld,
    close: () => dispatcher.destroy(),
  };
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function* eventsOf(chunks: AsyncIterable<string>): AsyncGenerator<RawEvent, void> {
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) yield JSON.parse(line) as RawEvent;
  }
}

async function take(events: AsyncGenerator<RawEvent, void>, count: number): Promise<RawEvent[]> {
  const taken: RawEvent[] = [];
  while (taken.length < count) {
    const { done, value } = await events.next();
    if (!done) taken.push(value);
    else if (count === Infinity) return taken;
    else throw new Error(`the watch ended after ${JSON.stringify(taken)}`);
  }
  return taken;
}
