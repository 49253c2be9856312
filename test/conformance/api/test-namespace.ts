import { beforeAll, expect } from 'vitest';
import { said } from './refusal.ts';
import type { Answer, ApiObject, ApiServer, RawWatch } from './api-server.ts';

export const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;
export type PatchType = keyof typeof PATCH_TYPES;

/**
 * One namespace of an API server. Paths begin with the resource, as in `configmaps/web` or
 * `deployments/web/status?dryRun=All`.
 */
export interface TestNamespace {
  readonly name: string;
  readonly server: ApiServer;
  /** From the root. */
  path(path: string): string;
  get<T = ApiObject>(path: string, accept?: string): Promise<Answer<T>>;
  post<T = ApiObject>(path: string, body: unknown): Promise<Answer<T>>;
  put<T = ApiObject>(path: string, body: unknown): Promise<Answer<T>>;
  patch<T = ApiObject>(type: PatchType, path: string, patch: unknown): Promise<Answer<T>>;
  /** `options` is a `DeleteOptions`. */
  remove<T = ApiObject>(path: string, options?: Record<string, unknown>): Promise<Answer<T>>;
  watch(path: string): Promise<RawWatch>;
  /** What is there, which must be there. */
  read(path: string): Promise<ApiObject>;
  /** Makes an object, which must succeed, under a name of its own where the manifest has none. */
  create(resource: string, manifest: object): Promise<ApiObject>;
}

/** Declares the making of a namespace; its methods work in tests and hooks declared after it. */
export function testNamespace(server: () => ApiServer, label: string): TestNamespace {
  let name = '';
  let objects = 0;
  beforeAll(async () => {
    const namespace = { metadata: { generateName: `${label}-` } };
    const made = await server().send<ApiObject>('POST', '/api/v1/namespaces', { body: namespace });
    expect(said(made)).toEqual({ status: 201, body: expect.anything() as unknown });
    name = made.body.metadata.name;
  });
  const send = <T>(method: string, path: string, carried?: object): Promise<Answer<T>> =>
    server().send<T>(method, ns.path(path), carried);

  const ns: TestNamespace = {
    get name() {
      return name;
    },
    get server() {
      return server();
    },
    path: (path) => pathIn(name, path),
    get: (path, accept) => send('GET', path, accept === undefined ? {} : { accept }),
    post: (path, body) => send('POST', path, { body }),
    put: (path, body) => send('PUT', path, { body }),
    patch: (type, path, patch) => send('PATCH', path, { body: patch, type: PATCH_TYPES[type] }),
    remove: (path, options) => send('DELETE', path, options === undefined ? {} : { body: options }),
    watch: (path) => server().watch(ns.path(path)),
    async read(path) {
      const { status, body } = await ns.get(path);
      expect({ status, body }).toEqual({ status: 200, body: expect.anything() as unknown });
      return body;
    },
    async create(resource, manifest) {
      const { metadata } = manifest as { metadata?: { name?: string; generateName?: string } };
      const named = { name: `own-${++objects}`, ...metadata };
      const answer = await ns.post(resource, { ...manifest, metadata: named });
      expect(said(answer)).toEqual({ status: 201, body: expect.anything() as unknown });
      return answer.body;
    },
  };
  return ns;
}

const ROOTS: Record<string, string> = {
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  statefulsets: '/apis/apps/v1',
  controllerrevisions: '/apis/apps/v1',
  horizontalpodautoscalers: '/apis/autoscaling/v2',
  leases: '/apis/coordination.k8s.io/v1',
  canaries: '/apis/linnet.dev/v1beta1',
  virtualservices: '/apis/networking.istio.io/v1',
  widgets: '/apis/conformance.linnet.dev/v1',
};

function pathIn(namespace: string, path: string): string {
  const resource = /^[a-z]+/.exec(path)?.[0] ?? '';
  return `${ROOTS[resource] ?? '/api/v1'}/namespaces/${namespace}/${path}`;
}
