import { afterAll, describe, expect, test } from 'vitest';
import { createApiClient } from '../../src/adapters/kubernetes/client.ts';
import { connectionFrom } from '../../src/adapters/kubernetes/kubeconfig.ts';
import { istioKinds } from '../../src/adapters/istio/kinds.ts';
import { istioRouter, type IstioSeen } from '../../src/adapters/istio/router.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { ClusterReader, KubeObject } from '../../src/ports/cluster.ts';
import type { Intent } from '../../src/ports/intent.ts';
import { CANARY_KIND, VIRTUAL_SERVICE } from '../../src/ports/kinds.ts';
import { aCanary, routed, withRoutes, type CanaryParts } from '../builders/routed-canary.ts';
import { providedCluster } from './kube/provided-cluster.ts';

const cluster = providedCluster();
const connection = connectionFrom({ kubeconfig: cluster.kubeconfigPath });
const client = createApiClient({ connection, version: 'test' });
const reader: ClusterReader = {
  get: (kind, namespace, name) => client.get(kind, namespace, name),
  list: async (kind, options) => (await client.list(kind, options)).items,
};
afterAll(async () => {
  await client.close();
  await cluster.close();
});

const kinds = istioKinds('v1');
const router = istioRouter(client, { kinds, clusterDomain: 'cluster.local' });

/** A Canary that exists: the garbage collector takes what an absent one owns. */
async function existing(parts: CanaryParts = {}): Promise<Canary> {
  const namespace = parts.namespace ?? (await cluster.newNamespace('routes'));
  const canary = aCanary({ ...parts, namespace });
  const { name } = canary.metadata;
  const { apiVersion, kind, spec } = canary;
  const stored = await client.create(CANARY_KIND, {
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec: JSON.parse(JSON.stringify(spec)) as unknown,
  });
  return aCanary({ ...parts, namespace, uid: stored.metadata.uid! });
}

/** One pass as reconcile makes it. */
async function pass(canary: Canary, intent: Intent): Promise<IstioSeen> {
  const seen = await router.observe(canary, intent, reader);
  await router.applyDestinations(canary, canary.status!, intent, seen);
  await router.applyRoutes(canary, canary.status!, intent, seen);
  return router.observe(canary, intent, reader);
}

function isCarried({ virtualService, destinationRules }: IstioSeen): string[] {
  return [virtualService, destinationRules].map(
    ({ conformity, detail }) => `${conformity} ${detail ?? ''}`,
  );
}

const CARRIED = ['conforms ', 'conforms '];

describe('what is written is kept whole by the definitions of Istio, and conforms when read back', () => {
  const match = [{ headers: { 'x-canary': { exact: 'on' } } }];
  const sessionAffinity = { cookieName: 'cd', primaryCookieName: 'cdp', secure: true };
  test.each<[string, CanaryParts, Parameters<typeof routed>[0]]>([
    ['weights', {}, { canaryWeight: 20 }],
    [
      'everything that a service can say',
      {
        service: {
          gateways: ['istio-system/public', 'mesh'],
          hosts: ['shop.example.com'],
          portDiscovery: true,
          match: [{ uri: { prefix: '/shop' }, sourceLabels: { app: 'front' } }],
          rewrite: { uri: '/' },
          timeout: '15s',
          retries: { attempts: 3, perTryTimeout: '2s', retryOn: '5xx' },
          headers: { request: { add: { 'x-env': 'prod' }, remove: ['x-debug'] } },
          corsPolicy: { allowOrigins: [{ exact: 'https://a.example.com' }], maxAge: '24h' },
          trafficPolicy: {
            connectionPool: { http: { http2MaxRequests: 100 } },
            outlierDetection: { consecutive5xxErrors: 7, interval: '30s' },
          },
        },
      },
      { canaryWeight: 5 },
    ],
    ['a delegate', { service: { delegation: true } }, {}],
    ['TCP', { service: { appProtocol: 'tcp', match: [{ port: 3306 }] } }, { canaryWeight: 30 }],
    ['A/B testing', { analysis: { iterations: 3, match } }, { matched: true }],
    ['mirroring', { analysis: { iterations: 3, mirror: true } }, { mirrorWeight: 50 }],
    [
      'session affinity',
      { analysis: { stepWeight: 10, sessionAffinity } },
      { canaryWeight: 10, affinity: 'web-1' },
    ],
    ['its end', { analysis: { stepWeight: 10, sessionAffinity } }, {}],
  ])('%s', async (_, parts, routes) => {
    const canary = await existing(parts);
    const seen = await pass(canary, routed(routes));
    expect(seen.problems).toEqual([]);
    expect(isCarried(seen)).toEqual(CARRIED);
  });
});

test('versions of Istio before v1 have the same objects', async () => {
  const canary = await existing();
  await pass(canary, routed({ canaryWeight: 20 }));
  for (const version of ['v1beta1', 'v1alpha3'] as const) {
    const older = istioRouter(client, { kinds: istioKinds(version), clusterDomain: 'x' });
    const seen = await older.observe(canary, routed({ canaryWeight: 20 }), reader);
    expect(isCarried(seen)).toEqual(CARRIED);
  }
});

test('a step is one write, and the next look finds nothing to write', async () => {
  const canary = await existing();
  await pass(canary, routed());
  const before = await live(canary);
  const next = {
    ...canary,
    status: { ...canary.status!, fences: { virtualService: 4, destinationRules: 2 } },
  };
  expect(isCarried(await pass(next, routed({ canaryWeight: 20 })))).toEqual(CARRIED);
  const after = await live(canary);
  expect(after.metadata.generation).toBe(before.metadata.generation! + 1);
  await pass(next, routed({ canaryWeight: 20 }));
  expect((await live(canary)).metadata.resourceVersion).toBe(after.metadata.resourceVersion);
});

test('a write that rests on an older observation is refused as a conflict', async () => {
  const canary = await existing();
  await pass(canary, routed());
  const intent = routed({ canaryWeight: 20 });
  const seen = await router.observe(canary, intent, reader);
  await annotate(await live(canary), { somebody: 'else' });
  await expect(router.applyRoutes(canary, canary.status!, intent, seen)).rejects.toMatchObject({
    code: 409,
    reason: 'Conflict',
  });
  const restore = withRoutes('restored');
  await expect(router.applyRoutes(canary, canary.status!, restore, seen)).rejects.toMatchObject({
    code: 409,
    reason: 'Conflict',
  });
  expect((await live(canary)).metadata.annotations).toMatchObject({ somebody: 'else' });
});

test("a user's VirtualService is taken over and given back as it was", async () => {
  const canary = await existing();
  const { namespace } = canary.metadata;
  const spec = {
    hosts: ['shop.example.com'],
    gateways: ['istio-system/public'],
    exportTo: ['*'],
    http: [{ name: 'all', timeout: '3s', route: [{ destination: { host: 'web' } }] }],
  };
  await makeVirtualService(namespace, 'web', spec);
  expect(isCarried(await pass(canary, routed({ canaryWeight: 20 })))).toEqual(CARRIED);
  expect((await live(canary))['spec']).toMatchObject({ hosts: ['web'], exportTo: ['*'] });
  expect(isCarried(await pass(canary, withRoutes('restored')))).toEqual(CARRIED);
  const after = await live(canary);
  expect(after['spec']).toEqual(spec);
  expect(after.metadata.annotations ?? {}).toEqual({ note: 'ours' });
});

test("a user's own routes are shifted and left without a trace", async () => {
  const parts = { spec: { routing: { virtualServiceRef: { name: 'front' }, routes: ['shop'] } } };
  const canary = await existing(parts);
  const { namespace } = canary.metadata;
  const spec = {
    hosts: ['shop.example.com'],
    http: [
      { name: 'other', redirect: { uri: '/moved' }, match: [{ uri: { exact: '/old' } }] },
      { name: 'shop', route: [{ destination: { host: 'web', port: { number: 80 } } }] },
    ],
  };
  await makeVirtualService(namespace, 'front', spec);
  expect(isCarried(await pass(canary, routed({ canaryWeight: 20 })))).toEqual(CARRIED);
  const shifted = await client.get(VIRTUAL_SERVICE, namespace, 'front');
  expect(shifted?.['spec']).toEqual({
    ...spec,
    http: [
      spec.http[0],
      {
        name: 'shop',
        route: [
          { destination: { host: 'web', port: { number: 80 } }, weight: 80 },
          { destination: { host: 'web-canary', port: { number: 80 } }, weight: 20 },
        ],
      },
    ],
  });
  expect(isCarried(await pass(canary, withRoutes('restored')))).toEqual(CARRIED);
  const after = await client.get(VIRTUAL_SERVICE, namespace, 'front');
  expect(after?.['spec']).toEqual(spec);
  expect(after?.metadata.annotations).toEqual({ note: 'ours' });
});

async function live({ metadata: { namespace, name } }: Canary): Promise<KubeObject> {
  return (await client.get(VIRTUAL_SERVICE, namespace, name))!;
}

function makeVirtualService(namespace: string, name: string, spec: object): Promise<KubeObject> {
  return client.create(VIRTUAL_SERVICE, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { namespace, name, annotations: { note: 'ours' } },
    spec,
  });
}

function annotate({ metadata }: KubeObject, annotations: Record<string, string>) {
  const { namespace, name } = metadata;
  return client.patch(VIRTUAL_SERVICE, namespace, name, 'merge', { metadata: { annotations } });
}
