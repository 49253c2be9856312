import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { KubeObject } from '../../../src/ports/cluster.ts';
import { readJsonLines } from './json-lines.ts';

/** Where an API server listens and as whom to speak to it. */
export interface Connection {
  url: string;
  /** Absent for plain HTTP. */
  caFile?: string | undefined;
  token: string;
}

export interface Answer {
  status: number;
  body: unknown;
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeObject;
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/**
 * The API server by paths and raw JSON, independent of the product's own client. Paths start at
 * the root and may carry a query. Methods but `request` throw `ApiFailure` on a status over 399.
 */
export interface RawApi {
  request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<Answer>;
  get<T = KubeObject>(path: string): Promise<T>;
  list<T = KubeObject>(path: string): Promise<T[]>;
  create<T = KubeObject>(path: string, object: unknown): Promise<T>;
  replace<T = KubeObject>(path: string, object: unknown): Promise<T>;
  patch<T = KubeObject>(path: string, patch: unknown, kind?: keyof typeof PATCH_TYPES): Promise<T>;
  /** `options` is a `DeleteOptions`. An object that is already gone is no error. */
  delete(path: string, options?: Record<string, unknown>): Promise<void>;
  /** Ends without an error when the server ends the watch or `signal` aborts. */
  watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent>;
  close(): Promise<void>;
}

/** An answer of the API server that is not a success. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;

  constructor(method: string, path: string, answer: Answer) {
    const said = (answer.body as { message?: string } | undefined)?.message ?? '';
    super(`${method} ${path}: ${answer.status} ${said}`);
    this.status = answer.status;
  }
}

/** `userAgent` is what the audit log shows. */
export function connectApi(connection: Connection, userAgent: string): RawApi {
  const ca = connection.caFile === undefined ? {} : { ca: readFileSync(connection.caFile) };
  // Watches stay open for minutes and must not starve requests of connections.
  const requests = new Agent({ connections: 64, connect: ca });
  const watches = new Agent({ connect: ca, headersTimeout: 0, bodyTimeout: 0 });
  const headers = { authorization: `Bearer ${connection.token}`, 'user-agent': userAgent };

  const api: RawApi = {
    async request(method, path, body, contentType = 'application/json') {
      const answer = await request(connection.url + path, {
        method,
        dispatcher: requests,
        headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
        body: body === undefined ? null : JSON.stringify(body),
      });
      return { status: answer.statusCode, body: parseBody(await answer.body.text()) };
    },
    get: (path) => succeed('GET', path),
    async list<T>(path: string) {
      return (await succeed<{ items: T[] }>('GET', path)).items;
    },
    create: (path, object) => succeed('POST', path, object),
    replace: (path, object) => succeed('PUT', path, object),
    patch: (path, patch, kind = 'merge') => succeed('PATCH', path, patch, PATCH_TYPES[kind]),
    async delete(path, options) {
      const answer = await api.request('DELETE', path, options);
      if (answer.status > 399 && answer.status !== 404)
        throw new ApiFailure('DELETE', path, answer);
    },
    async *watch(path, signal) {
      const watchPath = `${path}${path.includes('?') ? '&' : '?'}watch=true`;
      try {
        const answer = await request(connection.url + watchPath, {
          dispatcher: watches,
          headers,
          signal,
        });
        if (answer.statusCode > 399) {
          const body = parseBody(await answer.body.text());
          throw new ApiFailure('WATCH', path, { status: answer.statusCode, body });
        }
        yield* readJsonLines<WatchEvent>(answer.body);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    async close() {
      await Promise.all([requests.destroy(), watches.destroy()]);
    },
  };

  async function succeed<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<T> {
    const answer = await api.request(method, path, body, contentType);
    if (answer.status > 399) throw new ApiFailure(method, path, answer);
    return answer.body as T;
  }
  return api;
}

/** Errors of the server's front door are plain text. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
