import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';

/** One thing that must hold for the process to be alive or ready, in words for whoever asks. */
export interface Probe {
  readonly name: string;
  readonly isFine: () => boolean;
}

export interface HttpOptions {
  readonly port: number;
  /** What `/metrics` shows. */
  readonly registries: readonly Registry[];
  /** While one of these fails, a restart helps: `/healthz` answers 503. */
  readonly health: readonly Probe[];
  /** While one of these fails, do not count on this replica: `/readyz` answers 503. */
  readonly readiness: readonly Probe[];
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves `/metrics`, `/healthz` and `/readyz`. */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const all = Registry.merge([...options.registries]);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    answer(path, all, options, response).catch((error: unknown) => {
      send(response, 500, 'text/plain', `${String(error)}\n`);
    });
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => close(server),
  };
}

async function answer(
  path: string,
  all: Registry,
  options: HttpOptions,
  response: ServerResponse,
): Promise<void> {
  switch (path) {
    case '/metrics':
      return send(response, 200, all.contentType, await all.metrics());
    case '/healthz':
      return sendProbes(response, options.health);
    case '/readyz':
      return sendProbes(response, options.readiness);
    default:
      return send(response, 404, 'text/plain', 'Linnet serves /metrics, /healthz and /readyz\n');
  }
}

function sendProbes(response: ServerResponse, probes: readonly Probe[]): void {
  const lines = probes.map(({ name, isFine }) => `${isFine() ? 'ok' : 'not ok'}: ${name}`);
  const fine = probes.every(({ isFine }) => isFine());
  send(response, fine ? 200 : 503, 'text/plain', `${lines.join('\n')}\n`);
}

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type });
  response.end(body);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
