import type { ApiClient, KubeObject, ListOptions, ResourceKind } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { type CallReport, type Calls, apiCalls } from './client-calls.ts';
import { acceptHeader, allPages, listed } from './client-list.ts';
import { collectionPath, objectPath, selectors, withQuery, writeQuery } from './client-paths.ts';
import { transport } from './client-transport.ts';
import { watchEvents, watchQuery } from './client-watch.ts';
import type { ServerClock } from './clock.ts';
import type { Connection } from './kubeconfig.ts';

export interface ClientOptions {
  readonly connection: Connection;
  /** Linnet's version, for the user agent. */
  readonly version: string;
  /** Learns the server's time from every answer. */
  readonly clock?: ServerClock | undefined;
  /** For one attempt at one request; a watch has it for its beginning only. */
  readonly deadlineMs?: number;
  /** Requests a second, in the long run and at once. */
  readonly qps?: number;
  readonly burst?: number;
  /** Told of every attempt, for metrics. */
  readonly onRequest?: ((report: CallReport) => void) | undefined;
}

export interface LiveClient extends ApiClient {
  /** Cuts every open request and watch. */
  close(): Promise<void>;
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  // JSON is YAML.
  apply: 'application/apply-patch+yaml',
} as const;

/** The API server over HTTP, in raw JSON. */
export function createApiClient(options: ClientOptions): LiveClient {
  const { connection, clock, onRequest } = options;
  const http = transport({ connection, clock, userAgent: `linnet/${options.version}` });
  const calls = apiCalls(http, {
    deadlineMs: options.deadlineMs ?? 15_000,
    qps: options.qps ?? 50,
    burst: options.burst ?? 100,
    onRequest,
  });
  return { ...reads(calls), ...writes(calls), close: () => http.close() };
}

function reads(calls: Calls): Pick<ApiClient, 'get' | 'list' | 'watch'> {
  return {
    async get(kind, namespace, name, { signal } = {}) {
      const path = objectPath(kind, namespace, name);
      try {
        const asked = { method: 'GET', kind, namespace, name, path, signal } as const;
        return (await calls.json('get', asked)) as KubeObject;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async list(kind, options = {}) {
      const list = await allPages((page) => {
        const query = { ...selectors(options), ...page };
        return calls.json('list', {
          ...collection(kind, options, query),
          accept: acceptHeader(options.metadataOnly === true, 'PartialObjectMetadataList'),
          signal: options.signal,
        });
      });
      return listed(kind, list, options.metadataOnly === true);
    },
    async *watch(kind, options) {
      const { signal, metadataOnly = false } = options;
      const query = { ...selectors(options), ...watchQuery(options.resourceVersion) };
      const asked = {
        ...collection(kind, options, query),
        accept: acceptHeader(metadataOnly, 'PartialObjectMetadata'),
        signal,
      };
      yield* calls.stream(asked, (body) => watchEvents(asked, body, metadataOnly));
    },
  };
}

function writes(calls: Calls): Pick<ApiClient, 'create' | 'replace' | 'patch' | 'delete'> {
  return {
    async create(kind, object, options = {}) {
      const { namespace, name } = object.metadata;
      const path = withQuery(collectionPath(kind, namespace), writeQuery(options));
      const asked = { method: 'POST', kind, namespace, name, path, body: object } as const;
      return (await calls.json('create', { ...asked, signal: options.signal })) as KubeObject;
    },
    async replace(kind, object, options = {}) {
      const { namespace, name } = object.metadata;
      const path = objectPath(kind, namespace, name, options.subresource);
      const asked = { method: 'PUT', kind, namespace, name, body: object } as const;
      return (await calls.json('update', {
        ...asked,
        path: withQuery(path, writeQuery(options)),
        signal: options.signal,
      })) as KubeObject;
    },
    async patch(kind, namespace, name, patch, body, options = {}) {
      const path = objectPath(kind, namespace, name, options.subresource);
      const asked = { method: 'PATCH', kind, namespace, name, body } as const;
      return (await calls.json('patch', {
        ...asked,
        contentType: PATCH_TYPES[patch],
        path: withQuery(path, writeQuery(options)),
        signal: options.signal,
      })) as KubeObject;
    },
    async delete(kind, namespace, name, preconditions, { signal } = {}) {
      const path = objectPath(kind, namespace, name);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      try {
        const asked = { method: 'DELETE', kind, namespace, name, path, body, signal } as const;
        await calls.json('delete', asked);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

function collection(
  kind: ResourceKind,
  { namespace }: ListOptions,
  query: Readonly<Record<string, string | undefined>>,
) {
  const path = withQuery(collectionPath(kind, namespace), query);
  return { method: 'GET', kind, namespace, path } as const;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 404;
}
