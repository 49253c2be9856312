import { describe, expect, it } from 'vitest';
import {
  asObject,
  aVirtualService,
  ISTIO,
  pair,
  pass,
} from '../../../test/builders/istio-routes.ts';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import { aCanary, routed, withRoutes } from '../../../test/builders/routed-canary.ts';
import { VIRTUAL_SERVICE } from '../../ports/kinds.ts';
import { istioRouter } from './router.ts';

const owners = [
  { apiVersion: 'linnet.dev/v1beta1', kind: 'Canary', name: 'web', uid: 'uid-1', controller: true },
];

const spec = {
  hosts: ['shop.example.com'],
  gateways: ['istio-system/public'],
  exportTo: ['.'],
  tls: [{ match: [{ port: 443, sniHosts: ['x'] }], route: [{ destination: { host: 'x' } }] }],
  http: [{ name: 'all', fault: { abort: {} }, route: [{ destination: { host: 'web' } }] }],
};

const theirs = aVirtualService('web', spec, {
  uid: 'uid-vs',
  labels: { team: 'a' },
  annotations: { note: 'ours' },
});

describe('a VirtualService that was there before', () => {
  it('is taken over: other fields stay, and what it was is noted', async () => {
    const cluster = new RecordingApi(theirs);
    const router = istioRouter(cluster, ISTIO);
    const before = await router.observe(aCanary(), routed(), cluster.reader());
    expect(before.virtualService.conformity).toBe('unstamped');
    await pass(cluster, aCanary(), routed());
    const { metadata, spec } = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!;
    expect(spec).toEqual({
      hosts: ['web'],
      gateways: ['mesh'],
      exportTo: ['.'],
      tls: theirs['spec'] && (theirs['spec'] as Record<string, unknown>)['tls'],
      http: [{ name: 'weighted', route: pair(100, 0) }],
    });
    expect(metadata.ownerReferences).toBeUndefined();
    expect(metadata.labels).toEqual({ team: 'a' });
    expect(JSON.parse(metadata.annotations!['linnet.dev/original']!)).toEqual({
      spec: theirs['spec'],
      annotations: { note: 'ours' },
      labels: { team: 'a' },
    });
  });

  it('is given back as it was, but for what its owner has changed since', async () => {
    const cluster = new RecordingApi(theirs);
    await pass(cluster, aCanary(), routed({ canaryWeight: 30 }));
    const taken = structuredClone(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!);
    cluster.put({ ...taken, spec: { ...(taken['spec'] as object), exportTo: ['*'] } });
    const seen = await pass(cluster, aCanary(), withRoutes('restored'));
    expect(seen.virtualService).toEqual({ conformity: 'conforms', stamp: 0 });
    const { metadata, spec } = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!;
    expect(spec).toEqual({ ...(theirs['spec'] as object), exportTo: ['*'] });
    expect(metadata).toMatchObject({ annotations: { note: 'ours' }, labels: { team: 'a' } });
    expect(Object.keys(metadata.annotations!)).toEqual(['note']);
  });

  it('that kubectl applies goes back to what kubectl last said', async () => {
    const newest = {
      hosts: ['new.example.com'],
      http: [{ route: [{ destination: { host: 'web' } }] }],
    };
    const cluster = new RecordingApi(theirs);
    await pass(cluster, aCanary(), routed());
    const taken = structuredClone(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!);
    taken.metadata.annotations!['kubectl.kubernetes.io/last-applied-configuration'] =
      JSON.stringify({ spec: newest });
    cluster.put(taken);
    await pass(cluster, aCanary(), withRoutes('restored'));
    const spec = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!['spec'] as Record<string, unknown>;
    expect(spec['hosts']).toEqual(newest.hosts);
    expect(spec['http']).toEqual(newest.http);
    expect(spec['gateways']).toBeUndefined();
  });

  it('that Git replaced is written again only as unstamped', async () => {
    const cluster = new RecordingApi(theirs);
    await pass(cluster, aCanary(), routed({ canaryWeight: 30 }));
    cluster.put(theirs);
    const router = istioRouter(cluster, ISTIO);
    const seen = await router.observe(aCanary(), routed({ canaryWeight: 30 }), cluster.reader());
    expect(seen.virtualService.conformity).toBe('unstamped');
    expect(seen.liveCanaryWeight).toBeUndefined();
  });

  it.each([
    ['another controller', { ownerReferences: [{ ...owners[0]!, uid: 'x', name: 'other' }] }],
    ['a living Canary', { annotations: { 'linnet.dev/claimed-by': 'uid-2' } }],
  ])('that belongs to %s is refused', async (_, metadata) => {
    const other = { ...theirs, metadata: { ...theirs.metadata, ...metadata } };
    const cluster = new RecordingApi(other, asObject(aCanary({ name: 'other', uid: 'uid-2' })));
    const seen = await pass(cluster, aCanary(), routed());
    expect(seen.virtualService.conformity).toBe('foreign');
    expect(seen.problems).toEqual([expect.objectContaining({ reason: 'VirtualServiceForeign' })]);
    expect(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!['spec']).toEqual(theirs['spec']);
  });

  it('whose Canary is gone is void of its claim, and keeps what that one noted', async () => {
    const cluster = new RecordingApi(theirs);
    await pass(cluster, aCanary({ uid: 'uid-0' }), routed());
    const noted = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!.metadata.annotations!;
    const seen = await pass(cluster, aCanary(), routed());
    expect(seen.virtualService.conformity).toBe('conforms');
    const { annotations } = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!.metadata;
    expect(annotations!['linnet.dev/original']).toBe(noted['linnet.dev/original']);
    expect(annotations!['linnet.dev/claimed-by']).toBe('uid-1');
  });

  it('that a Canary of the same name owns is taken along, Flagger’s too', async () => {
    const flaggers = { ...owners[0]!, apiVersion: 'flagger.app/v1beta1', uid: 'uid-f' };
    const owned = { ...theirs, metadata: { ...theirs.metadata, ownerReferences: [flaggers] } };
    const cluster = new RecordingApi(owned);
    const seen = await pass(cluster, aCanary(), routed());
    expect(seen.virtualService.conformity).toBe('conforms');
    expect(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!.metadata.ownerReferences).toEqual(owners);
  });
});
