import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message that reached its receiver, or a webhook that was called. */
export interface Delivery {
  /** `uid/n/provider` of a message. */
  readonly key: string;
  readonly namespace: string;
  readonly name: string;
  /** Of a message: what it is about; of a webhook the path of its URL. */
  readonly kind: string;
  readonly n: number;
  /** By `performance.now()`. */
  readonly at: number;
}

/** Everybody outside the cluster: who gets messages, who is asked by webhooks, and Prometheus. */
export interface People {
  readonly url: string;
  readonly messages: readonly Delivery[];
  readonly calls: readonly Delivery[];
  /** Percent of failed requests that Prometheus has of the version under analysis, by namespace. */
  readonly errors: Map<string, number>;
  close(): Promise<void>;
}

export async function startPeople(): Promise<People> {
  const messages: Delivery[] = [];
  const calls: Delivery[] = [];
  const errors = new Map<string, number>();

  function answer(path: string, body: string, headers: IncomingMessage['headers']): unknown {
    if (path === '/api/v1/query_range') return success('matrix', []);
    if (path.startsWith('/api/v1/')) {
      return success('vector', seriesOf(decodeURIComponent(body), errors));
    }
    const told = JSON.parse(body) as Partial<Delivery>;
    const { namespace = '', name = '', kind = path, n = 0 } = told;
    const key = String(headers['idempotency-key'] ?? '');
    const delivery = { key, namespace, name, kind, n, at: performance.now() };
    (path === '/messages' ? messages : calls).push(delivery);
    return {};
  }

  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://people');
      const answered = answer(pathname, body || search, request.headers);
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.end(JSON.stringify(answered));
    });
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    calls,
    errors,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A query for that, as a Canary can carry it. */
export const ERRORS_QUERY = 'errors_percent{namespace="{{ namespace }}"}';

function seriesOf(query: string, errors: ReadonlyMap<string, number>): unknown[] {
  if (query.includes('"fact"')) return [series({ fact: 'convergence' }, CONVERGENCE_SECONDS)];
  const namespace = /errors_percent\{namespace="([^"]+)"/.exec(query)?.[1] ?? '';
  const percent = errors.get(namespace);
  return percent === undefined ? [] : [series({ namespace }, percent)];
}

/** A mesh that obeys at once: what takes its time here is the controller. */
const CONVERGENCE_SECONDS = 0.05;

function series(metric: Record<string, string>, value: number) {
  return { metric, value: [Date.now() / 1000, String(value)] };
}

function success(resultType: string, result: unknown[]) {
  return { status: 'success', data: { resultType, result } };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
