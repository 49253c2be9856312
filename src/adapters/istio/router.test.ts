import { describe, expect, it } from 'vitest';
import { aVirtualService, ISTIO, pair, pass } from '../../../test/builders/istio-routes.ts';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import { aCanary, FENCES, routed, withRoutes } from '../../../test/builders/routed-canary.ts';
import type { Canary } from '../../api/canary.ts';
import { DESTINATION_RULE, VIRTUAL_SERVICE } from '../../ports/kinds.ts';
import { canRoute, istioRouter, type IstioSeen } from './router.ts';

function stateOf(seen: IstioSeen): string[] {
  return [seen.virtualService.conformity, seen.destinationRules.conformity];
}

function withFence(canary: Canary, fence: number): Canary {
  const fences = { ...FENCES, virtualService: fence };
  return { ...canary, status: { ...canary.status!, fences } };
}

const made = {
  'linnet.dev/claimed-by': 'uid-1',
  'linnet.dev/canary': 'web',
};

const owners = [
  { apiVersion: 'linnet.dev/v1beta1', kind: 'Canary', name: 'web', uid: 'uid-1', controller: true },
];

const theirs = aVirtualService('web', { hosts: ['web'] });

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
    const before = await istioRouter(cluster, ISTIO).observe(canary, routed(), cluster.reader());
    expect(before.virtualService).toMatchObject({ conformity: 'differs', stamp: 3 });
    const seen = await pass(cluster, canary, routed());
    expect(seen.virtualService).toEqual({ conformity: 'conforms', stamp: 9 });
  });

  it('say which weight is wrong', async () => {
    const cluster = new RecordingApi();
    await pass(cluster, aCanary(), routed({ canaryWeight: 20 }));
    const { virtualService } = await istioRouter(cluster, ISTIO).observe(
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
      const router = istioRouter(cluster, ISTIO);
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
    const router = istioRouter(cluster, ISTIO);
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
    const router = istioRouter(cluster, ISTIO);
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

describe('what cannot be routed', () => {
  it('is said: no Istio', async () => {
    const router = istioRouter(new RecordingApi(), { ...ISTIO, kinds: undefined });
    const seen = await router.observe(aCanary(), routed(), new RecordingApi().reader());
    expect(seen.problems).toEqual([expect.objectContaining({ reason: 'IstioNotInstalled' })]);
    expect(stateOf(seen)).toEqual(['missing', 'missing']);
    const nothing = new RecordingApi().reader();
    const restored = await router.observe(aCanary(), withRoutes('restored'), nothing);
    expect(stateOf(restored)).toEqual(['unneeded', 'unneeded']);
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

  it('is said: a provider that is not Istio’s own', async () => {
    const cluster = new RecordingApi();
    const canary = aCanary({
      service: { gatewayRefs: [{ name: 'public' }] },
      spec: { provider: 'gatewayapi:v1' },
    });
    const seen = await pass(cluster, canary, routed());
    expect(seen.problems).toEqual([expect.objectContaining({ reason: 'ProviderNotSupported' })]);
    expect(cluster.recorded).toEqual([]);
  });

  it('is said: a delegate with hosts', async () => {
    const canary = aCanary({ service: { delegation: true, hosts: ['a.example.com'] } });
    const seen = await istioRouter(new RecordingApi(), ISTIO).observe(
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
