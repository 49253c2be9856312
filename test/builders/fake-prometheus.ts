import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Parameters of the URL or of the form. */
  readonly form: URLSearchParams;
}

export type Behaviour = (asked: Asked, response: http.ServerResponse) => void;

export interface FakePrometheus {
  readonly url: string;
  readonly asked: readonly Asked[];
  answer: Behaviour;
  close(): Promise<void>;
}

/** An HTTP server that answers as badly as a test wants, on a free port. */
export async function fakePrometheus(
  answer: Behaviour,
  tls?: { key: string; cert: string },
): Promise<FakePrometheus> {
  const asked: Asked[] = [];
  const handle = (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://fake');
      const form = new URLSearchParams(
        `${url.search.slice(1)}&${Buffer.concat(chunks).toString()}`,
      );
      const { method = '', headers } = request;
      const now = { method, path: url.pathname, headers, form };
      asked.push(now);
      fake.answer(now, response);
    });
  };
  const server = tls === undefined ? http.createServer(handle) : https.createServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakePrometheus = {
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

/** A body of JSON with a status. */
export function json(body: unknown, status = 200): Behaviour {
  return (_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

export function text(body: string, status = 200, type = 'text/plain'): Behaviour {
  return (_asked, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };
}

/** A successful answer of Prometheus. */
export function success(resultType: string, result: unknown, warnings?: string[]): Behaviour {
  return json({ status: 'success', data: { resultType, result }, ...(warnings && { warnings }) });
}

/** An instant vector; each series has a value, and labels if they matter. */
export function vector(...series: [value: string, labels?: Record<string, string>][]): Behaviour {
  const result = series.map(([value, metric = {}]) => ({ metric, value: [1, value] }));
  return success('vector', result);
}

/** An answer that Prometheus gives when it refuses. */
export function refusal(status: number, errorType: string, error: string): Behaviour {
  return json({ status: 'error', errorType, error }, status);
}
