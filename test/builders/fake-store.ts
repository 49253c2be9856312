import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request, as a store got it. */
export interface AskedStore {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type StoreBehaviour = (asked: AskedStore, response: http.ServerResponse) => void;

export interface FakeStore {
  readonly url: string;
  readonly asked: readonly AskedStore[];
  answer: StoreBehaviour;
  close(): Promise<void>;
}

/** An HTTP server on a free port that answers as a metrics store does, or as badly as a test wants. */
export async function fakeStore(
  answer: StoreBehaviour,
  tls?: { key: string; cert: string },
): Promise<FakeStore> {
  const asked: AskedStore[] = [];
  const handle = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
      const { method = '', headers } = request;
      const body = Buffer.concat(chunks).toString();
      const now = { method, path: pathname, query: searchParams, headers, body };
      asked.push(now);
      fake.answer(now, response);
    });
  };
  const server = tls === undefined ? http.createServer(handle) : https.createServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakeStore = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked,
    answer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;
}

/** A body with a status: JSON, unless it is a text. */
export function saying(body: unknown, status = 200): StoreBehaviour {
  return (_asked, response) => {
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' });
    response.end(isText ? body : JSON.stringify(body));
  };
}
