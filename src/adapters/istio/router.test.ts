import { describe, expect, it } from 'vitest';
import { aCanary, FENCES, routed, withRoutes } from '../../../test/builders/routed-canary.ts';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { DESTINATION_RULE, VIRTUAL_SERVICE } from '../../ports/kinds.ts';
import type { Intent } from '../../ports/intent.ts';
import { istioKinds } from './kinds.ts';
import { canRoute, istioRouter, type IstioSeen } from './router.ts';

const kinds = istioKinds('v1');
const settings = { kinds, clusterDomain: 'cluster.local' };

/** One pass as reconcile makes it: observe, then carry out. */
async function pass(cluster: RecordingApi, canary: Canary, intent: Intent): Promise<IstioSeen> {
  const router = istioRouter(cluster, settings);
  const seen = await router.observe(canary, intent, cluster.reader());
  await router.applyDestinations(canary, canary.status!, intent, seen);
  await router.applyRoutes(canary, canary.status!, intent, seen);
  return router.observe(canary, intent, cluster.reader());
}

function stateOf(seen: IstioSeen): string[] {
  return [seen.virtualService.conformity, seen.destinationRules.conformity];
}

function withFence(canary: Canary, fence: number): Canary {
  const fences = { ...FENCES, virtualService: fence };
  return { ...canary, status: { ...canary.status!, fences } };
}

function pair(primary: number, canary: number) {
  return [
    { destination: { host: 'web-primary' }, weight: primary },
    { destination: { host: 'web-canary' }, weight: canary },
  ];
}

const made = {
  'linnet.dev/claimed-by': 'uid-1',
  'linnet.dev/canary': 'web',
};

const owners = [
  { apiVersion: 'linnet.dev/v1beta1', kind: 'Canary', name: 'web', uid: 'uid-1', controller: true },
];

const theirs: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'uid-vs',
    labels: { team: 'a' },
    annotations: { note: 'ours' },
  },
  spec: {
    hosts: ['shop.example.com'],
    gateways: ['istio-system/public'],
    exportTo: ['.'],
    tls: [{ match: [{ port: 443, sniHosts: ['x'] }], route: [{ destination: { host: 'x' } }] }],
    http: [{ name: 'all', fault: { abort: {} }, route: [{ destination: { host: 'web' } }] }],
  },
};

describe('objects that Linnet makes', () => {
  it('are whole from the first write, stamped and owned', async () => {
    const cluster = new RecordingApi();
    const seen = await pass(cluster, aCanary(), routed());
    expect(stateOf(seen)).toEqual(['conforms', 'conforms']);
    expect(seen.liveCanaryWeight).toBe(0);
    expect(cluster.recorded).toEqual([
      {
        verb: 'create',
        name: 'shop/web-primary',
        body: {
          apiVersion: 'networking.istio.io/v1',
          kind: 'DestinationRule',
          metadata: {
            name: 'web-primary',
            namespace: 'shop',
            annotations: { ...made, 'linnet.dev/fence': '2' },
            ownerReferences: owners,
          },
          spec: { host: 'web-primary' },
        },
      },
      expect.objectContaining({ verb: 'create', name: 'shop/web-canary' }),
      {
        verb: 'create',
        name: 'shop/web',
        body: {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata: {
            name: 'web',
            namespace: 'shop',
            annotations: {
              ...made,
              'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
              'linnet.dev/fence': '3',
            },
            ownerReferences: owners,
          },
          spec: {
            hosts: ['web'],
            gateways: ['mesh'],
            http: [{ name: 'weighted', route: pair(100, 0) }],
          },
        },
      },
    ]);
  });

  it('are written once: a second pass writes nothing', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed({ canaryWeight: 20 }));
    const { length } = cluster.recorded;
    const seen = await pass(cluster, aCanary(), routed({ canaryWeight: 20 }));
    expect(stateOf(seen)).toEqual(['conforms', 'conforms']);
    expect(cluster.recorded).toHaveLength(length);
  });

  it('change in one patch of what differs, led by the resourceVersion', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed());
    const { resourceVersion } = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!.metadata;
    cluster.recorded.length = 0;
    const seen = await pass(cluster, withFence(aCanary(), 4), routed({ canaryWeight: 20 }));
    expect(seen.liveCanaryWeight).toBe(20);
    expect(cluster.recorded).toHaveLength(1);
    expect(cluster.recorded[0]?.name).toBe('shop/web');
    const [first, ...rest] = cluster.recorded[0]!.body as { path: string }[];
    expect(first).toEqual({
      op: 'replace',
      path: '/metadata/resourceVersion',
      value: resourceVersion,
    });
    expect(rest).toHaveLength(3);
    expect(rest).toEqual(
      expect.arrayContaining([
        { op: 'replace', path: '/metadata/annotations/linnet.dev~1fence', value: '4' },
        { op: 'replace', path: '/spec/http/0/route/0/weight', value: 80 },
        { op: 'replace', path: '/spec/http/0/route/1/weight', value: 20 },
      ]),
    );
  });

  it('are stamped even when their content is right already', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed());
    const canary = withFence(aCanary(), 9);
    const before = await istioRouter(cluster, settings).observe(canary, routed(), cluster.reader());
    expect(before.virtualService).toMatchObject({ conformity: 'differs', stamp: 3 });
    const seen = await pass(cluster, canary, routed());
    expect(seen.virtualService).toEqual({ conformity: 'conforms', stamp: 9 });
  });

  it('say which weight is wrong', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed({ canaryWeight: 20 }));
    const { virtualService } = await istioRouter(cluster, settings).observe(
      aCanary(),
      routed(),
      cluster.reader(),
    );
    expect(virtualService.detail).toContain('spec/http/0/route/1/weight is 20, must be 0');
  });

  it('are deleted when everything is given back, and only as they were seen', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed());
    const live = cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!.metadata;
    const seen = await pass(cluster, aCanary(), withRoutes('restored'));
    expect(stateOf(seen)).toEqual(['conforms', 'conforms']);
    expect(seen.problems).toEqual([]);
    expect(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')).toBeUndefined();
    expect(cluster.find(DESTINATION_RULE, 'shop', 'web-canary')).toBeUndefined();
    expect(cluster.recorded.at(-1)).toEqual({
      verb: 'delete',
      name: 'shop/web',
      body: { uid: live.uid, resourceVersion: live.resourceVersion },
    });
  });
});

describe('fences', () => {
  it('a higher stamp means that we are stale: nothing is written', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, withFence(aCanary(), 8), routed());
    cluster.recorded.length = 0;
    for (const intent of [routed({ canaryWeight: 30 }), withRoutes('restored')]) {
      const router = istioRouter(cluster, settings);
      const seen = await router.observe(aCanary(), intent, cluster.reader());
      expect(seen.virtualService).toMatchObject({ conformity: 'ahead', stamp: 8 });
      await router.applyRoutes(aCanary(), aCanary().status!, intent, seen);
      expect(cluster.recorded).toEqual([]);
    }
  });

  it('a conflict passes up as 409 and nothing is retried', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed());
    cluster.recorded.length = 0;
    const router = istioRouter(cluster, settings);
    const seen = await router.observe(aCanary(), routed({ canaryWeight: 30 }), cluster.reader());
    cluster.put(cluster.find(VIRTUAL_SERVICE, 'shop', 'web')!);
    await expect(
      router.applyRoutes(aCanary(), aCanary().status!, routed({ canaryWeight: 30 }), seen),
    ).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    expect(cluster.recorded).toHaveLength(1);
  });

  it('what was decided after observing is written, under its own fence', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed());
    const router = istioRouter(cluster, settings);
    const seen = await router.observe(aCanary(), routed(), cluster.reader());
    const stored = withFence(aCanary(), 4);
    await router.applyRoutes(stored, stored.status!, routed({ canaryWeight: 40 }), seen);
    const after = await router.observe(stored, routed({ canaryWeight: 40 }), cluster.reader());
    expect(after).toMatchObject({ virtualService: { conformity: 'conforms', stamp: 4 } });
    expect(after.liveCanaryWeight).toBe(40);
  });

  it('speak of nothing while the intent does not', async () => {
    const cluster = new RecordingApi(theirs);
    const seen = await pass(cluster, aCanary(), withRoutes('untouched'));
    expect(stateOf(seen)).toEqual(['unneeded', 'unneeded']);
    expect(cluster.recorded).toEqual([]);
  });
});

describe('a VirtualService that was there before', () => {
  it('is taken over: other fields stay, and what it was is noted', async () => {
    const cluster = new RecordingApi(theirs);
    const router = istioRouter(cluster, settings);
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
    const router = istioRouter(cluster, settings);
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

describe('what cannot be routed', () => {
  it('is said: no Istio', async () => {
    const router = istioRouter(new RecordingApi(), { ...settings, kinds: undefined });
    const seen = await router.observe(aCanary(), routed(), new RecordingApi().reader());
    expect(seen.problems).toEqual([expect.objectContaining({ reason: 'IstioNotInstalled' })]);
  });

  it('is said: version mode', async () => {
    const canary = aCanary({
      spec: {
        targetRef: { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', name: 'web' },
        version: { subset: 'v2' },
      },
    });
    const cluster = new RecordingApi(theirs);
    const seen = await pass(cluster, canary, routed());
    expect(seen.problems).toEqual([expect.objectContaining({ reason: 'VersionModeNotSupported' })]);
    expect(cluster.recorded).toEqual([]);
  });

  it('is said: a delegate with hosts', async () => {
    const canary = aCanary({ service: { delegation: true, hosts: ['a.example.com'] } });
    const seen = await istioRouter(new RecordingApi(), settings).observe(
      canary,
      routed(),
      new RecordingApi().reader(),
    );
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['DelegateWithHosts']);
  });
});

describe('canRoute', () => {
  it.each([
    [{}, undefined, true],
    [{ provider: 'istio' }, 'kubernetes', true],
    [{ provider: 'kubernetes' }, undefined, false],
    [{}, 'gatewayapi:v1', false],
  ])('of %j, with the controller’s provider %j: %j', (spec, fallback, answer) => {
    expect(canRoute(aCanary({ spec }), fallback)).toBe(answer);
  });
});

function asObject(canary: Canary): KubeObject {
  return canary as unknown as KubeObject;
}
