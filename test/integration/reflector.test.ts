import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApiClient, type LiveClient } from '../../src/adapters/kubernetes/client.ts';
import { connectionFrom } from '../../src/adapters/kubernetes/kubeconfig.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import {
  CONFIG_MAP,
  CUSTOM_RESOURCE_DEFINITION,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../../src/ports/kinds.ts';
import { remembering } from '../../src/watch/remembering.ts';
import { openWatches, type Watches } from '../../src/watch/watches.ts';
import { type SandboxServer, sandboxApiServer } from '../builders/sandbox-api-server.ts';

/** Short, so that a dead watch is found out while the test runs; bookmarks keep the living quiet. */
const STALE_MS = 900;
const BOOKMARKS_MS = 100;
const WAIT = { timeout: 30_000, interval: 20 };

let server: SandboxServer;
let client: LiveClient;
let watches: Watches;
let namespace: string;
let lists: string[];

beforeEach(async () => {
  server = await sandboxApiServer({ bookmarkEvery: BOOKMARKS_MS });
  namespace = await server.newNamespace('shop');
  lists = [];
  server.faults.onRequest(({ verb, path, userAgent }) => {
    if (verb === 'list' && userAgent.startsWith('linnet')) lists.push(path.split('?')[0] ?? '');
  });
  client = createApiClient({
    connection: connectionFrom({ kubeconfig: server.kubeconfig }),
    version: 'test',
    deadlineMs: 5_000,
    qps: 10_000,
    burst: 10_000,
  });
});
afterEach(async () => {
  watches.stop();
  await client.close();
  await server.stop();
});

async function watch(): Promise<void> {
  openAll();
  await watches.ready;
  lists = [];
}

function openAll(): void {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  watches = openWatches(client, { onKeys: () => undefined, log, staleMs: STALE_MS });
}

type Input = Parameters<typeof server.state.create>[1];

function object(apiVersion: string, kind: string, name: string, more: object = {}): KubeObject {
  return { apiVersion, kind, metadata: { namespace, name }, ...more };
}

function service(name: string): KubeObject {
  return object('v1', 'Service', name, { spec: { ports: [{ port: 80 }] } });
}

/** Written behind Linnet's back. */
function put(name: string): void {
  server.state.create(SERVICE, service(name));
}

function routesDefinition(version: string): object {
  const { group, kind, resource: plural } = VIRTUAL_SERVICE;
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: 'virtualservice', listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
}

const versions = (objects: readonly KubeObject[]) =>
  objects
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name} ${metadata.resourceVersion}`)
    .toSorted();

/** The store holds what the server holds, of every kind that this test writes. */
async function converged(): Promise<void> {
  await vi.waitFor(() => {
    for (const kind of [SERVICE, CONFIG_MAP]) {
      expect(versions(watches.store.list(kind))).toEqual(
        versions(server.state.list(kind) as KubeObject[]),
      );
    }
  }, WAIT);
}

const watchOf = (plural: string) => (handle: { path: string }) =>
  handle.path.startsWith(`/api/v1/${plural}`);
const listsOf = (plural: string) => lists.filter((path) => path === `/api/v1/${plural}`).length;

describe('the watches, over HTTP', () => {
  it('follow the cluster without listing it twice', async () => {
    put('before');
    await watch();
    put('after');
    server.state.delete(SERVICE, namespace, 'before');
    await converged();
    expect(listsOf('services')).toBe(0);
    await vi.waitFor(() => expect(watches.isStale()).toBe(false), WAIT);
  });

  it('get ready although lists fail at first', async () => {
    const list = ({ method, path }: { method: string; path: string }) =>
      method === 'GET' && !path.includes('watch=true');
    put('web');
    server.faults.answerWith({ status: 503, times: 20, when: list });
    server.faults.answerWith({ status: 429, retryAfter: 1, times: 5, when: list });
    await watch();
    await expect(converged()).resolves.toBeUndefined();
  });

  it('lose nothing when they are cut, again and again', async () => {
    await watch();
    for (let n = 0; n < 5; n++) {
      put(`during-${n}`);
      server.faults.cutWatches();
      put(`after-${n}`);
    }
    await expect(converged()).resolves.toBeUndefined();
  });

  it('go on where they were cut, without a list', async () => {
    await watch();
    put('web');
    await converged();
    server.faults.cutWatches(watchOf('services'));
    put('api');
    await converged();
    expect(listsOf('services')).toBe(0);
  });

  it('list again when they expire', async () => {
    await watch();
    server.faults.expireWatches(watchOf('services'));
    put('web');
    await converged();
    expect(listsOf('services')).toBe(1);
  });

  it('list again when history has gone on without them', async () => {
    await watch();
    put('web');
    await converged();
    server.faults.answerWith({
      status: 500,
      times: 1,
      when: ({ path }) => path.includes('watch='),
    });
    server.faults.cutWatches(watchOf('services'));
    server.state.delete(SERVICE, namespace, 'web');
    put('api');
    server.faults.compact();
    await converged();
    expect(listsOf('services')).toBe(1);
  });

  it('are refused for a while', async () => {
    await watch();
    const watching = ({ path }: { path: string }) => path.includes('watch=true');
    server.faults.answerWith({ status: 429, retryAfter: 1, times: 20, when: watching });
    server.faults.cutWatches();
    put('web');
    await expect(converged()).resolves.toBeUndefined();
  });

  it('are found out when they are half dead', async () => {
    await watch();
    server.faults.silenceWatches();
    put('web');
    await vi.waitFor(() => expect(listsOf('services')).toBeGreaterThan(0), WAIT);
    server.faults.clear();
    put('api');
    await converged();
    await vi.waitFor(() => expect(watches.isStale()).toBe(false), WAIT);
  });

  it('show that nobody answers, and recover', async () => {
    await watch();
    server.faults.unreachable = true;
    server.faults.cutWatches();
    await vi.waitFor(() => expect(watches.isStale()).toBe(true), WAIT);
    const silent = watches.health().filter(({ failures }) => failures > 0);
    expect(silent.length).toBeGreaterThan(0);
    server.faults.clear();
    put('web');
    await converged();
    await vi.waitFor(() => expect(watches.isStale()).toBe(false), WAIT);
  });

  it('do without Istio until it is installed, in whatever version', async () => {
    await watch();
    const state = () => watches.health().find(({ kind }) => kind === VIRTUAL_SERVICE.kind)?.state;
    expect(state()).toBe('missing');
    expect(watches.isStale()).toBe(false);
    const definition = routesDefinition('v1beta1') as Input;
    server.state.create(CUSTOM_RESOURCE_DEFINITION, definition);
    await vi.waitFor(() => expect(state()).toBe('watching'), WAIT);
    const routes = object('networking.istio.io/v1beta1', 'VirtualService', 'web') as Input;
    server.state.create({ ...VIRTUAL_SERVICE, version: 'v1beta1' }, routes);
    await vi.waitFor(() => expect(watches.store.list(VIRTUAL_SERVICE)).toHaveLength(1), WAIT);
  });

  it('leave no connection behind when they are stopped', async () => {
    await watch();
    await vi.waitFor(() => expect(server.faults.openWatches.length).toBeGreaterThan(5), WAIT);
    watches.stop();
    await vi.waitFor(() => expect(server.faults.openWatches).toEqual([]), WAIT);
  });
});

describe('own writes', () => {
  it('are known before the watch tells of them', async () => {
    await watch();
    server.faults.silenceWatches();
    const api = remembering(client, watches.store);
    const created = await api.create(SERVICE, service('web'));
    expect(watches.store.get(SERVICE, namespace, 'web')?.metadata.resourceVersion).toBe(
      created.metadata.resourceVersion,
    );
  });

  it('and those of others end in the same place, whatever the weather', async () => {
    await watch();
    const api = remembering(client, watches.store);
    const weather: (() => void)[] = [
      () => server.faults.cutWatches(),
      () => server.faults.expireWatches(watchOf('services')),
      () => server.faults.compact(),
      () => server.faults.answerWith({ status: 500, times: 3 }),
    ];
    for (let n = 0; n < 150; n++) {
      const name = `web-${n % 7}`;
      const labels = { n: String(n) };
      const writes: (() => Promise<unknown>)[] = [
        () => api.create(SERVICE, service(name)),
        () => api.patch(SERVICE, namespace, name, 'merge', { metadata: { labels } }),
        () => api.create(CONFIG_MAP, object('v1', 'ConfigMap', name, { data: labels })),
        () => api.patch(CONFIG_MAP, namespace, name, 'merge', { data: labels }),
        () => client.delete(n % 2 === 0 ? SERVICE : CONFIG_MAP, namespace, name),
      ];
      const two = [writes[n % 5], writes[(n + 3) % 5]].map(async (write) => write?.());
      weather[(n * 7) % 11]?.();
      // The weather spoils some, and some come at the wrong time: what counts is the end.
      await Promise.allSettled(two);
    }
    server.faults.clear();
    await converged();
    expect(server.state.list(CONFIG_MAP)).not.toEqual([]);
  });
});
