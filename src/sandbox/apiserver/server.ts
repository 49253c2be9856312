import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Cluster } from './cluster.ts';
import type { ClusterState } from './cluster-state.ts';
import { Faults } from './faults.ts';
import { InProcessState } from './in-process-state.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { RequestHandling } from './http/request-handling.ts';

export interface ApiServerOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /**
   * When set, requests must carry it as a bearer token. Not for kubectl, which sends no credentials
   * over plain HTTP.
   */
  token?: string;
  /** How many commits a watch may lie behind before it gets 410 Expired. */
  historySize?: number;
  /** Milliseconds between bookmarks of a watch that asked for them; 60 s as in life. */
  bookmarkEvery?: number;
  /** The field manager of writes through `state`. */
  controllerName?: string;
  now?: () => Date;
}

export interface ApiServer {
  /** `http://127.0.0.1:PORT` */
  url: string;
  state: ClusterState;
  faults: Faults;
  stop(): Promise<void>;
  writeKubeconfig(path: string): Promise<void>;
}

const BOOKMARK_EVERY = 60_000;

/**
 * A Kubernetes API server inside this process: enough of one for kubectl and for controllers,
 * without etcd, nodes or admission webhooks. Everything is in memory and gone when it stops.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { now = () => new Date(), token } = options;
  let faults: Faults | undefined;
  const cluster = new Cluster({
    now,
    admit: (review) => faults?.admission?.(review),
    ...(options.historySize === undefined ? {} : { historySize: options.historySize }),
  });
  const weather = new Faults(() => cluster.storage.compact());
  faults = weather;
  const handling = new RequestHandling(cluster, weather, {
    token,
    bookmarkEvery: options.bookmarkEvery ?? BOOKMARK_EVERY,
  });
  const server = createServer((request, response) => void handling.serve(request, response));
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    state: new InProcessState(cluster, options.controllerName ?? 'sandbox'),
    faults: weather,
    writeKubeconfig: (path) => writeKubeconfig(path, url, token),
    async stop() {
      cluster.stop();
      handling.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
