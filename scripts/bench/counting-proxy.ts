import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PrometheusTraffic {
  readonly queries: number;
  /** Of the answers' bodies, as they come over the wire. */
  readonly bytes: number;
}

export interface CountingProxy {
  readonly url: string;
  /** All so far. */
  traffic(): PrometheusTraffic;
  close(): Promise<void>;
}

/** Stands between the controller and Prometheus, and counts. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  let [queries, bytes] = [0, 0];
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    queries += 1;
    const { method, headers } = request;
    const forward = http.request(
      new URL(request.url ?? '/', target),
      { method, headers, agent },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
        answer.pipe(response);
      },
    );
    forward.on('error', () => response.destroy());
    request.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    traffic: () => ({ queries, bytes }),
    close() {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
