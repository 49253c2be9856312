import { expect } from 'vitest';
import {
  createApiClient,
  type ClientOptions,
  type LiveClient,
} from '../../src/adapters/kubernetes/client.ts';
import type { Connection, Credentials } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { ClusterError } from '../../src/ports/cluster.ts';
import { type ScriptedServer, scriptedServer } from './scripted-server.ts';

/** Clients of one scripted server, closed together. */
export interface ScriptedClients {
  readonly server: ScriptedServer;
  client(options?: Partial<ClientOptions>): LiveClient;
  closeClients(): Promise<void>;
}

export async function scriptedClients(): Promise<ScriptedClients> {
  const server = await scriptedServer();
  const made: LiveClient[] = [];
  return {
    server,
    client(options = {}) {
      const connection = connectionTo(server.url);
      const client = createApiClient({ connection, version: '1.2.3', ...options });
      made.push(client);
      return client;
    },
    async closeClients() {
      await Promise.all(made.splice(0).map((client) => client.close()));
    },
  };
}

export function connectionTo(url: string, more: Partial<Connection> = {}): Connection {
  const credentials: Credentials = { headers: { authorization: 'Bearer s3cret' }, tls: {} };
  return {
    server: url,
    proxy: undefined,
    namespace: undefined,
    credentials: () => Promise.resolve(credentials),
    refused: () => false,
    ...more,
  };
}

/** As a list has it: without apiVersion and kind, with a field that Linnet does not know. */
export function listedDeployment(name: string, resourceVersion = '1') {
  return {
    metadata: { name, namespace: 'shop', resourceVersion },
    spec: { newer: { than: 'us' } },
  };
}

export const WEB = { apiVersion: 'apps/v1', kind: 'Deployment', ...listedDeployment('web') };

/** The `ClusterError` that a request must end in. */
export async function failureOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error: unknown = await promise.then(
    () => new Error('it succeeded'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClusterError);
  return error as ClusterError;
}
