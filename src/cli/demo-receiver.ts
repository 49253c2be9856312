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
    void receive(request, onMessage).then((code) => response.writeHead(code).end());
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

async function receive(
  request: IncomingMessage,
  onMessage: (message: Received) => void,
): Promise<number> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  try {
    onMessage(JSON.parse(body) as Received);
    return 204;
  } catch {
    return 400;
  }
}
