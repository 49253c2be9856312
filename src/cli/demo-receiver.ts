import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly severity: string;
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  close(): void;
}

/** A chat room of the demo's own: takes the generic webhook and hands on what it says. */
export async function startReceiver(onMessage: (message: Received) => void): Promise<Receiver> {
  const server = createServer((request, response) => {
    bodyOf(request)
      .then((body) => {
        onMessage(JSON.parse(body) as Received);
        response.writeHead(204).end();
      })
      .catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/messages`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
