import { describe, expect, it } from 'vitest';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { aCanary, type CanaryParts } from '../../../test/builders/routed-canary.ts';
import { ClusterError, type ClusterReader, type KubeObject } from '../../ports/cluster.ts';
import { istioKinds } from './kinds.ts';
import { istioPreflight } from './preflight-facts.ts';

const settings = {
  mesh: { kinds: istioKinds('v1'), clusterDomain: 'cluster.local' },
  isSeen: () => Promise.resolve(true),
};

function object(
  kind: string,
  name: string,
  fields: object = {},
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject {
  const apiVersion = API_VERSIONS[kind] ?? 'v1';
  return { apiVersion, kind, metadata: { namespace: 'shop', name, ...metadata }, ...fields };
}

const API_VERSIONS: Record<string, string> = {
  Deployment: 'apps/v1',
  VirtualService: 'networking.istio.io/v1',
  Gateway: 'networking.istio.io/v1',
};

function namespace(labels: Record<string, string>): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels } };
}

function deployment(name: string, app: string, container: object = {}): KubeObject {
  const template = {
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'web', ...container }] },
  };
  return object('Deployment', name, { spec: { selector: { matchLabels: { app } }, template } });
}

function pod(
  name: string,
  app: string,
  spec: object,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject {
  const labels = { app, ...metadata.labels };
  return object('Pod', name, { spec }, { ...metadata, labels });
}

const PROXY = { name: 'istio-proxy' };

async function factsOf(objects: KubeObject[], parts: CanaryParts = {}, over: object = {}) {
  const cluster = new FakeCluster();
  for (const object of objects) cluster.put(object);
  const preflight = istioPreflight({ ...settings, ...over });
  return preflight.facts(aCanary(parts), cluster.reader());
}

describe('the facts about pods', () => {
  it('know sidecars among containers and among init containers', async () => {
    const facts = await factsOf([
      deployment('web', 'web'),
      deployment('web-primary', 'web-primary'),
      pod('a', 'web', { containers: [{ name: 'web' }, PROXY] }),
      pod('b', 'web', { containers: [{ name: 'web' }], initContainers: [PROXY] }),
      pod('c', 'web-primary', { containers: [{ name: 'web' }] }),
      pod('d', 'web', {}, { annotations: { 'sidecar.istio.io/inject': 'false' } }),
      pod('e', 'web', {}, { labels: { 'istio.io/dataplane-mode': 'ambient' } }),
    ]);
    expect(facts.mesh?.pods).toEqual([
      { name: 'a', hasSidecar: true, optsOut: false },
      { name: 'b', hasSidecar: true, optsOut: false },
      { name: 'd', hasSidecar: false, optsOut: true },
      { name: 'e', hasSidecar: true, optsOut: false },
      { name: 'c', hasSidecar: false, optsOut: false },
    ]);
  });

  it('leave out pods that are over', async () => {
    const facts = await factsOf([
      deployment('web', 'web'),
      { ...pod('done', 'web', {}), status: { phase: 'Succeeded' } },
      pod('going', 'web', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      { ...pod('job', 'batch', {}), status: { phase: 'Failed' } },
    ]);
    expect(facts.mesh).toMatchObject({ pods: [], outsiders: [] });
  });

  it('name the neighbours without a sidecar', async () => {
    const facts = await factsOf([
      deployment('web', 'web'),
      pod('a', 'web', {}),
      pod('cart', 'cart', { containers: [PROXY] }),
      pod('legacy', 'legacy', { containers: [{ name: 'legacy' }] }),
    ]);
    expect(facts.mesh?.outsiders).toEqual(['legacy']);
  });

  it.each([
    [{ 'istio-injection': 'enabled' }, { enabled: true, ambient: false, waypoint: false }],
    [{ 'istio.io/rev': 'stable' }, { enabled: true, ambient: false, waypoint: false }],
    [{ 'istio-injection': 'disabled' }, { enabled: false, ambient: false, waypoint: false }],
    [
      { 'istio.io/dataplane-mode': 'ambient', 'istio.io/use-waypoint': 'w' },
      { enabled: false, ambient: true, waypoint: true },
    ],
    [{ 'istio.io/use-waypoint': 'none' }, { enabled: false, ambient: false, waypoint: false }],
  ])('know how a namespace with %j joins the mesh', async (labels, injection) => {
    const facts = await factsOf([namespace(labels)]);
    expect(facts.mesh?.injection).toEqual(injection);
  });
});

describe('the facts about the target and its Services', () => {
  it('know probes, selectors and policies, of Services that lead past the weights too', async () => {
    const facts = await factsOf([
      deployment('web', 'web', { readinessProbe: { httpGet: {} } }),
      object('Service', 'web', { spec: { selector: { app: 'web-primary' } } }),
      object('Service', 'direct', {
        spec: { selector: { app: 'web' }, internalTrafficPolicy: 'Local' },
      }),
      object('Service', 'other', { spec: { selector: { app: 'other' } } }),
      object('Service', 'external', { spec: {} }),
    ]);
    expect(facts).toMatchObject({
      target: 'Deployment shop/web',
      namespace: 'shop',
      containers: [{ name: 'web', hasReadinessProbe: true }],
      services: [
        { name: 'web', selector: { app: 'web-primary' } },
        { name: 'direct', selector: { app: 'web' }, internalTrafficPolicy: 'Local' },
      ],
    });
  });

  it('are none where there is no target', async () => {
    expect(await factsOf([])).toMatchObject({ containers: undefined, services: [] });
  });
});

describe('the facts about the route', () => {
  const gateway = object(
    'Gateway',
    'public',
    { spec: { servers: [{ hosts: ['*.example.com', 'shop/exact.org'] }, { hosts: ['./*'] }] } },
    { namespace: 'istio-system' },
  );

  it('are those that Linnet is going to write', async () => {
    const service = {
      gateways: ['istio-system/public', 'gone', 'mesh'],
      hosts: ['shop.example.com'],
    };
    const facts = await factsOf([gateway], { service });
    expect(facts.mesh?.route).toMatchObject({
      name: 'VirtualService shop/web',
      hosts: ['shop.example.com', 'web'],
      forMesh: true,
      gateways: [
        {
          name: 'istio-system/public',
          namespace: 'istio-system',
          hosts: ['*.example.com', 'exact.org', '*'],
        },
        { name: 'shop/gone', namespace: 'shop', hosts: undefined },
      ],
      missingHosts: [],
      rivals: [],
    });
  });

  it('say nothing of other namespaces where these are out of sight', async () => {
    const to = (host: string) => ({ destination: { host } });
    const http = [{ route: [to('web'), to('gone.other.svc.cluster.local'), to('gone')] }];
    const spec = { hosts: ['a.example.com'], gateways: ['istio-system/none', 'shop/none'], http };
    const facts = await factsOf(
      [object('VirtualService', 'front', { spec }), gateway],
      { spec: { routing: { virtualServiceRef: { name: 'front' } } } },
      { ownNamespaceOnly: true },
    );
    expect(facts.mesh?.route).toMatchObject({
      gateways: [
        { name: 'istio-system/none', hosts: [] },
        { name: 'shop/none', hosts: undefined },
      ],
      missingHosts: ['gone'],
    });
  });

  it('know who else speaks for a host in the mesh', async () => {
    const other = (name: string, spec: object) => object('VirtualService', name, { spec });
    const facts = await factsOf([
      other('web', { hosts: ['web'] }),
      other('short', { hosts: ['web', 'else'] }),
      other('full', { hosts: ['web.shop.svc.cluster.local'], gateways: ['mesh', 'a/b'] }),
      other('outside', { hosts: ['web'], gateways: ['a/b'] }),
    ]);
    expect(facts.mesh?.route.rivals).toEqual([
      { name: 'shop/short', host: 'web' },
      { name: 'shop/full', host: 'web.shop.svc.cluster.local' },
    ]);
  });

  it('find nobody in the way of a route for a gateway only', async () => {
    const rival = object('VirtualService', 'rival', { spec: { hosts: ['web'] } });
    const facts = await factsOf([rival], { service: { gateways: ['a/b'] } });
    expect(facts.mesh?.route).toMatchObject({ forMesh: false, rivals: [] });
  });

  it('know faults on managed routes, exports, and hosts that are missing', async () => {
    const to = (host: string) => ({ destination: { host } });
    const http = [
      { name: 'shop', fault: {}, route: [to('web'), to('gone'), to('there')] },
      { name: 'not-ours', fault: {}, route: [to('example.com'), to('web-canary')] },
    ];
    const spec = { hosts: ['shop.example.com'], exportTo: ['.'], http };
    const routing = { virtualServiceRef: { name: 'front' }, routes: ['shop'] };
    const facts = await factsOf(
      [object('VirtualService', 'front', { spec }), object('Service', 'there')],
      { spec: { routing } },
    );
    expect(facts.mesh?.route).toMatchObject({
      name: 'VirtualService shop/front',
      exportTo: ['.'],
      faults: ['shop'],
      missingHosts: ['gone'],
    });
  });
});

describe('looking', () => {
  it('leaves the mesh out where none moves the traffic', async () => {
    expect((await factsOf([], { spec: { provider: 'kubernetes' } })).mesh).toBeUndefined();
    expect((await factsOf([], {}, { provider: 'kubernetes' })).mesh).toBeUndefined();
    expect(
      (await factsOf([], {}, { mesh: { ...settings.mesh, kinds: undefined } })).mesh,
    ).toBeUndefined();
  });

  it('passes on whether metrics exist', async () => {
    const facts = await factsOf([], {}, { isSeen: () => Promise.resolve(undefined) });
    expect(facts.mesh?.hasMetrics).toBeUndefined();
  });

  it('does without what it may not read, but not without an answer', async () => {
    const failing = (code: number): ClusterReader => {
      const error = new ClusterError('no', { code, reason: 'No' });
      return { get: () => Promise.resolve(undefined), list: () => Promise.reject(error) };
    };
    const facts = (code: number) => istioPreflight(settings).facts(aCanary(), failing(code));
    expect(await facts(403)).toMatchObject({ services: [] });
    await expect(facts(503)).rejects.toMatchObject({ code: 503 });
  });
});
