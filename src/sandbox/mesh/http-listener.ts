import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MeshRequest, MeshResponse } from './mesh-request.ts';

export interface Listener {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  stop(): Promise<void>;
}

/** An HTTP server on this machine only; port 0 takes a free one. */
export async function listen(handler: http.RequestListener, port = 0): Promise<Listener> {
  const server = http.createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { address, stop };
}

/** Lets a proxy of the mesh answer what comes over HTTP. */
export function meshListener(
  handle: (request: MeshRequest) => Promise<MeshResponse>,
): http.RequestListener {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    incoming.resume();
    handle(toMeshRequest(incoming, gone.signal)).then(
      (response) => write(response, outgoing),
      (error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined),
    );
  };
}

function toMeshRequest(incoming: http.IncomingMessage, signal: AbortSignal): MeshRequest {
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) => {
    if (value === undefined || name === 'host') return [];
    return [[name, Array.isArray(value) ? value.join(', ') : value]];
  });
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    authority: incoming.headers.host ?? '',
    headers: Object.fromEntries(headers) as Record<string, string>,
    signal,
  };
}

function write(response: MeshResponse, outgoing: http.ServerResponse): void {
  if (outgoing.destroyed) return;
  // Status 0 has nobody left to read it.
  outgoing.statusCode = response.status === 0 ? 499 : response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.end(response.body);
}
