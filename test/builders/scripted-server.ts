import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
}

/** Answers one request, or does worse with it. */
export type Reply = (response: ServerResponse, received: Received) => void;

export interface ScriptedServer {
  readonly url: string;
  /** In the order in which they came. */
  readonly received: readonly Received[];
  /** The n-th request gets the n-th reply, further ones the last. Starts the count anew. */
  play(...replies: Reply[]): void;
  /** Resolves with the request when it has come; its reply may still be open. */
  arrival(): Promise<Received>;
  close(): Promise<void>;
}

/** A server on a free port that does as the test says. */
export async function scriptedServer(): Promise<ScriptedServer> {
  let script: Reply[] = [];
  let received: Received[] = [];
  const awaited: ((received: Received) => void)[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server');
    const { method = 'GET', headers } = request;
    const body = await readBody(request);
    const now: Received = { method, path: pathname, query: searchParams, headers, body };
    const reply = script[Math.min(received.length, script.length - 1)];
    received.push(now);
    if (reply === undefined) throw new Error(`no reply for ${method} ${pathname}`);
    reply(response, now);
    for (const tell of awaited.splice(0)) tell(now);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get received() {
      return received;
    },
    play(...replies) {
      script = replies;
      received = [];
    },
    arrival: () => new Promise((resolve) => awaited.push(resolve)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(code: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
}

/** An API server's refusal. */
export function status(
  code: number,
  reason: string,
  message = 'no',
  headers: Record<string, string> = {},
): Reply {
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
  return json(code, body, headers);
}

export function text(code: number, body: string): Reply {
  return (response) => {
    response.writeHead(code, { 'content-type': 'text/plain' });
    response.end(body);
  };
}

/** Cuts the connection; after `before`, when given, in the middle of the answer. */
export function cut(before?: string): Reply {
  return (response) => {
    if (before === undefined) {
      response.socket?.resetAndDestroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(before, () => response.socket?.resetAndDestroy());
  };
}

/** Never answers. */
export const silence: Reply = () => undefined;

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? undefined : JSON.parse(text);
}
