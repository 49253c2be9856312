import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Receiver<Body> {
  readonly url: string;
  /** Every body that was posted, and to which path. */
  readonly received: (Body & { readonly path: string })[];
  /** What it answers on a path from now on; 200 elsewhere. */
  answer(path: string, code: number): void;
  close(): Promise<unknown>;
}

/** Whoever a webhook or an alert is posted to. */
export async function startReceiver<Body>(): Promise<Receiver<Body>> {
  const received: Receiver<Body>['received'] = [];
  const codes = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    void bodyOf(request).then((body) => {
      received.push({ ...(JSON.parse(body) as Body), path });
      return response.writeHead(codes.get(path) ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    answer: (path, code) => void codes.set(path, code),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk);
  return body;
}
