import * as fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, it } from 'vitest';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import {
  aCanary,
  routed,
  withRoutes,
  type CanaryParts,
} from '../../../test/builders/routed-canary.ts';
import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { VIRTUAL_SERVICE } from '../../ports/kinds.ts';
import type { Intent } from '../../ports/intent.ts';
import { istioKinds } from './kinds.ts';
import { istioRouter } from './router.ts';
import { planUserRoutes } from './user-virtual-service.ts';

const kinds = istioKinds('v1');
const REF = { virtualServiceRef: { name: 'front' } };

function theirs(http: unknown[], annotations?: Record<string, string>): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name: 'front',
      namespace: 'shop',
      uid: 'uid-vs',
      ...(annotations && { annotations }),
    },
    spec: { hosts: ['shop.example.com'], gateways: ['istio-system/public'], http },
  };
}

function to(host: string, weight?: number, more: object = {}) {
  return { destination: { host, ...more }, ...(weight !== undefined && { weight }) };
}

function userCanary(parts: CanaryParts & { routes?: string[] } = {}): Canary {
  const { routes, spec, ...rest } = parts;
  const routing = { ...REF, ...(routes && { routes }) };
  return aCanary({ ...rest, spec: { routing, ...spec } });
}

async function pass(cluster: RecordingApi, canary: Canary, intent: Intent) {
  const router = istioRouter(cluster, { kinds, clusterDomain: 'cluster.local' });
  const seen = await router.observe(canary, intent, cluster.reader());
  await router.applyRoutes(canary, canary.status!, intent, seen);
  return router.observe(canary, intent, cluster.reader());
}

function httpOf(cluster: RecordingApi): unknown[] {
  const { spec } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front') as { spec?: { http?: [] } };
  return spec?.http ?? [];
}

describe('weights of a user’s routes', () => {
  it.each<[string, object[], number, object[]]>([
    ['a lone destination gets company', [to('web')], 0, [to('web', 100), to('web-canary', 0)]],
    ['its own weight means nothing', [to('web', 1)], 25, [to('web', 75), to('web-canary', 25)]],
    [
      'both there already, by the primary’s name',
      [to('web-primary', 100), to('web-canary', 0)],
      30,
      [to('web-primary', 70), to('web-canary', 30)],
    ],
    [
      'the order is the user’s',
      [to('web-canary'), to('web', 100)],
      30,
      [to('web-canary', 30), to('web', 70)],
    ],
    [
      'another destination keeps its weight',
      [to('other', 20), to('web', 80)],
      50,
      [to('other', 20), to('web', 40), to('web-canary', 40)],
    ],
    [
      'a total that is not 100 stays',
      [to('web', 900), to('web-canary', 0), to('other', 100)],
      10,
      [to('web', 810), to('web-canary', 90), to('other', 100)],
    ],
    [
      'full names stay full, ports stay, subsets are of one host',
      [to('web.shop.svc.cluster.local', undefined, { subset: 'v1', port: { number: 8080 } })],
      40,
      [
        to('web.shop.svc.cluster.local', 60, { subset: 'v1', port: { number: 8080 } }),
        to('web-canary.shop.svc.cluster.local', 40, { port: { number: 8080 } }),
      ],
    ],
  ])('%s', async (_, route, canaryWeight, expected) => {
    const others = { name: 'other', route: [to('other')] };
    const cluster = new RecordingApi(theirs([others, { name: 'shop', timeout: '5s', route }]));
    const seen = await pass(cluster, userCanary({ routes: ['shop'] }), routed({ canaryWeight }));
    expect(seen).toMatchObject({
      virtualService: { conformity: 'conforms', stamp: 3 },
      liveCanaryWeight: canaryWeight,
      problems: [],
    });
    expect(httpOf(cluster)).toEqual([others, { name: 'shop', timeout: '5s', route: expected }]);
  });

  it('are all that a step writes, besides the stamp', async () => {
    const cluster = new RecordingApi(theirs([{ name: 'shop', route: [to('web')] }]));
    await pass(cluster, userCanary(), routed());
    cluster.recorded.length = 0;
    const { resourceVersion } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!.metadata;
    const canary = userCanary({ status: { fences: { virtualService: 4 } } });
    await pass(cluster, canary, routed({ canaryWeight: 20 }));
    expect(cluster.recorded).toHaveLength(1);
    const [first, ...rest] = cluster.recorded[0]!.body as unknown[];
    expect(first).toEqual({
      op: 'replace',
      path: '/metadata/resourceVersion',
      value: resourceVersion,
    });
    expect(rest).toHaveLength(3);
    expect(rest).toEqual(
      expect.arrayContaining([
        { op: 'replace', path: '/metadata/annotations/linnet.dev~1fence-uid-1', value: '4' },
        { op: 'replace', path: '/spec/http/0/route/0/weight', value: 80 },
        { op: 'replace', path: '/spec/http/0/route/1/weight', value: 20 },
      ]),
    );
  });

  it('shift every route that leads to the target when none is named', async () => {
    const http = [
      { match: [{ uri: { prefix: '/a' } }], route: [to('web')] },
      { route: [to('other')] },
      { name: 'b', route: [to('web')] },
      { redirect: { uri: '/' } },
    ];
    const cluster = new RecordingApi(theirs(http));
    await pass(cluster, userCanary(), routed({ canaryWeight: 10 }));
    const pair = [to('web', 90), to('web-canary', 10)];
    expect(httpOf(cluster)).toEqual([
      { ...http[0], route: pair },
      http[1],
      { ...http[2], route: pair },
      http[3],
    ]);
    const { annotations } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!.metadata;
    expect(JSON.parse(annotations!['linnet.dev/claims']!)).toEqual({
      'http[0]': 'shop/web/uid-1',
      b: 'shop/web/uid-1',
    });
  });

  it('shift TCP and TLS routes too', async () => {
    const live = theirs([]);
    live['spec'] = {
      hosts: ['db'],
      tcp: [{ match: [{ port: 3306 }], route: [to('web')] }],
      tls: [{ match: [{ port: 443, sniHosts: ['db'] }], route: [to('web')] }],
    };
    const cluster = new RecordingApi(live);
    await pass(cluster, userCanary(), routed({ canaryWeight: 10 }));
    const pair = [to('web', 90), to('web-canary', 10)];
    expect(cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!['spec']).toMatchObject({
      tcp: [{ route: pair }],
      tls: [{ route: pair }],
    });
  });
});

describe('giving a user’s routes back', () => {
  it('leaves no trace of Linnet', async () => {
    const before = theirs([
      { name: 'shop', route: [to('web')] },
      { name: 'more', route: [to('other', 20), to('web', 80)] },
    ]);
    const cluster = new RecordingApi(before);
    await pass(cluster, userCanary(), routed({ canaryWeight: 20 }));
    const seen = await pass(cluster, userCanary(), withRoutes('restored'));
    expect(seen.virtualService).toEqual({ conformity: 'conforms', stamp: 0 });
    const { metadata, ...rest } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!;
    expect(rest['spec']).toEqual(before['spec']);
    expect(metadata.annotations).toBeUndefined();
  });

  it('names the apex Service where versions were named, for their Services go', async () => {
    const route = [to('web-primary', 100), to('web-canary', 0)];
    const cluster = new RecordingApi(theirs([{ name: 'shop', route }]));
    await pass(cluster, userCanary(), routed());
    await pass(cluster, userCanary(), withRoutes('restored'));
    expect(httpOf(cluster)).toEqual([{ name: 'shop', route: [to('web')] }]);
  });

  it('touches nothing that Linnet never claimed, and misses nothing that is gone', async () => {
    const cluster = new RecordingApi(theirs([{ name: 'shop', route: [to('web-primary')] }]));
    const seen = await pass(cluster, userCanary(), withRoutes('restored'));
    expect(seen.virtualService.conformity).toBe('conforms');
    expect(cluster.recorded).toEqual([]);
    const empty = await pass(new RecordingApi(), userCanary(), withRoutes('restored'));
    expect(empty.virtualService.conformity).toBe('conforms');
  });
});

describe('routes that cannot be shifted', () => {
  const fine = { name: 'fine', route: [to('web')] };
  it.each<[string, string, object[], string[] | undefined, string]>([
    ['a name that no route has', 'RouteNotFound', [fine], ['shop'], 'no http route named shop'],
    [
      'a name that two have',
      'DuplicateRouteName',
      [fine, fine],
      ['fine'],
      '2 http routes named fine',
    ],
    [
      'no route to the target',
      'RouteNotFound',
      [{ route: [to('x')] }],
      undefined,
      'no route to web',
    ],
    [
      'a route elsewhere',
      'RouteWithoutTarget',
      [{ name: 'shop', route: [to('x')] }],
      ['shop'],
      'neither web nor web-primary',
    ],
    [
      'a redirect',
      'RouteWithoutTarget',
      [{ name: 'shop', redirect: { uri: '/' } }],
      ['shop'],
      'neither web nor web-primary',
    ],
    [
      'the same name in another namespace',
      'RouteWithoutTarget',
      [{ name: 'shop', route: [to('web.other.svc.cluster.local')] }],
      ['shop'],
      'neither web nor web-primary',
    ],
    [
      'two subsets of the target',
      'AmbiguousDestinations',
      [{ name: 'shop', route: [to('web', 50, { subset: 'a' }), to('web', 50, { subset: 'b' })] }],
      undefined,
      'in 2 destinations',
    ],
    [
      'no weight at all',
      'TotalWeightZero',
      [{ name: 'shop', route: [to('web', 0), to('x', 0)] }],
      undefined,
      'sum to 0',
    ],
    [
      'nothing left to split',
      'NothingToSplit',
      [{ name: 'shop', route: [to('web', 0), to('x', 100)] }],
      undefined,
      'gives all its weight to other destinations',
    ],
    [
      'too little left to split',
      'WeightsTooCoarse',
      [{ name: 'shop', route: [to('web', 4), to('x', 1)] }],
      undefined,
      'leaves 4 of 5',
    ],
  ])('%s: %s', async (_, reason, http, routes, sentence) => {
    const cluster = new RecordingApi(theirs(http));
    const canary = userCanary({
      ...(routes && { routes }),
      status: { phase: 'Initializing', stage: 'routes' },
    });
    const seen = await pass(cluster, canary, routed());
    expect(seen.problems).toHaveLength(1);
    expect(seen.problems[0]?.reason).toBe(reason);
    expect(seen.problems[0]?.message).toContain(sentence);
    expect(seen.virtualService.conformity).not.toBe('conforms');
    expect(cluster.recorded).toEqual([]);
  });

  it('never keep a rollback from the others', async () => {
    const cluster = new RecordingApi(
      theirs([
        { name: 'a', route: [to('web')] },
        { ...fine, name: 'b' },
      ]),
    );
    const canary = userCanary({ routes: ['a', 'b'] });
    await pass(cluster, canary, routed({ canaryWeight: 20 }));
    const live = cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!;
    cluster.put({ ...live, spec: { http: httpOf(cluster).slice(0, 1) } });
    const raising = await pass(cluster, canary, routed({ canaryWeight: 30 }));
    expect(raising.virtualService.conformity).toBe('differs');
    const seen = await pass(cluster, canary, routed());
    expect(seen.virtualService.conformity).toBe('conforms');
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['RouteNotFound']);
    expect(httpOf(cluster)).toEqual([{ name: 'a', route: [to('web', 100), to('web-canary', 0)] }]);
  });

  it('say that the VirtualService is missing, and make none', async () => {
    const cluster = new RecordingApi();
    const seen = await pass(cluster, userCanary(), routed());
    expect(seen.virtualService.conformity).toBe('missing');
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['VirtualServiceNotFound']);
    expect(cluster.recorded).toEqual([]);
  });
});

describe('canaries that share a VirtualService', () => {
  const http = [
    { name: 'web', route: [to('web')] },
    { name: 'api', route: [to('api')] },
    { name: 'both', route: [to('web', 50), to('api', 50)] },
  ];
  const web = userCanary({ routes: ['web'] });
  const api = userCanary({ name: 'api', uid: 'uid-2', routes: ['api'] });

  it('have their own routes, claims and stamps', async () => {
    const cluster = new RecordingApi(theirs(http), asObject(web), asObject(api));
    await pass(cluster, web, routed({ canaryWeight: 10 }));
    const high = { ...api, status: { ...api.status!, fences: { virtualService: 90 } } };
    await pass(cluster, high, routed({ canaryWeight: 40 }));
    const seen = await pass(cluster, web, routed({ canaryWeight: 10 }));
    expect(seen.virtualService).toEqual({ conformity: 'conforms', stamp: 3 });
    const { annotations } = cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!.metadata;
    expect(annotations).toEqual({
      'linnet.dev/claims': '{"api":"shop/api/uid-2","web":"shop/web/uid-1"}',
      'linnet.dev/fence-uid-1': '3',
      'linnet.dev/fence-uid-2': '90',
    });
  });

  it('cannot have the same one, while both exist', async () => {
    const cluster = new RecordingApi(theirs(http), asObject(web), asObject(api));
    await pass(cluster, userCanary({ routes: ['both'] }), routed());
    const late = userCanary({ name: 'api', uid: 'uid-2', routes: ['both'] });
    const refused = await pass(cluster, late, routed({ canaryWeight: 10 }));
    expect(refused.problems).toEqual([
      {
        reason: 'RouteClaimed',
        message:
          'route both of VirtualService shop/front is shifted by Canary shop/web already; a route can have one Canary',
      },
    ]);
    const after = new RecordingApi(cluster.find(VIRTUAL_SERVICE, 'shop', 'front')!, asObject(late));
    const seen = await pass(after, late, routed({ canaryWeight: 10 }));
    expect(seen.problems).toEqual([]);
    const { annotations } = after.find(VIRTUAL_SERVICE, 'shop', 'front')!.metadata;
    expect(annotations!['linnet.dev/claims']).toBe('{"both":"shop/api/uid-2"}');
  });

  it('a higher stamp of one’s own means that we are stale', async () => {
    const cluster = new RecordingApi(theirs(http, { 'linnet.dev/fence-uid-1': '7' }));
    const seen = await pass(cluster, web, routed({ canaryWeight: 10 }));
    expect(seen.virtualService).toMatchObject({ conformity: 'ahead', stamp: 7 });
    expect(cluster.recorded).toEqual([]);
  });

  it.each(['no json', '[]', '{"both": 3}', '{"both": "x"}'])('a claim %j is none', async (text) => {
    const cluster = new RecordingApi(theirs(http, { 'linnet.dev/claims': text }));
    const seen = await pass(cluster, userCanary({ routes: ['both'] }), routed());
    expect(seen.problems).toEqual([]);
  });
});

describe('laws', () => {
  const weight = fc.integer({ min: 0, max: 100 });

  it('totals stay, other destinations stay, and applying twice is applying once', () => {
    const others = fc.array(weight, { maxLength: 3 });
    const total = fc.integer({ min: 20, max: 1000 });
    const extra = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => !['route', 'name', '__proto__'].includes(key)),
      fc
        .jsonValue()
        .filter((value) => value !== null)
        .map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    );
    fc.assert(
      fc.property(others, total, weight, extra, (others, total, canaryWeight, extra) => {
        const rest = others.map((weight, i) => to(`other-${i}`, weight));
        const route = [...rest, to('web', total), to('web-canary', 0)];
        const live = theirs([{ ...extra, name: 'shop', route }]);
        const reading = { canary: userCanary(), clusterDomain: 'cluster.local', living: NOBODY };
        const plan = () =>
          planUserRoutes(kinds.virtualServices, current, reading, 3, routing(canaryWeight));
        let current = live;
        current = patched(current, plan());
        const [changed] = (current['spec'] as { http: { route: ReturnType<typeof to>[] }[] }).http;
        expect(changed).toMatchObject(extra);
        expect(changed?.route.slice(0, rest.length)).toEqual(rest);
        const [primary, canary] = changed!.route
          .slice(rest.length)
          .map(({ weight }) => weight ?? 0);
        expect(primary! + canary!).toBe(total);
        expect(canary! > 0).toBe(canaryWeight > 0);
        expect(primary! > 0).toBe(canaryWeight < 100);
        expect(Math.abs(canary! - (total * canaryWeight) / 100)).toBeLessThanOrEqual(1);
        expect(plan()).toEqual({
          kind: kinds.virtualServices,
          seen: { conformity: 'conforms', stamp: 3 },
        });
      }),
    );
  });
});

const NOBODY: ReadonlySet<string> = new Set();

function routing(canaryWeight: number) {
  return { canaryWeight, matched: false, mirrorWeight: 0, affinity: undefined };
}

function patched(live: KubeObject, { write }: ReturnType<typeof planUserRoutes>): KubeObject {
  if (write?.verb !== 'patch') throw new Error('expected a patch');
  return jsonPatch.applyPatch(structuredClone(live), write.operations, true).newDocument;
}

function asObject(canary: Canary): KubeObject {
  return canary as unknown as KubeObject;
}
