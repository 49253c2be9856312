import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDLE, KINDS, pass, patched, to } from '../../../test/builders/istio-routes.ts';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import { routed, withRoutes } from '../../../test/builders/routed-canary.ts';
import { httpOf, theirs, userCanary, writesTo } from '../../../test/builders/user-routes.ts';
import { VIRTUAL_SERVICE } from '../../ports/kinds.ts';
import { planUserRoutes } from './user-virtual-service.ts';

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
    expect(writesTo(cluster)).toHaveLength(1);
    const [first, ...rest] = writesTo(cluster)[0]!.body as unknown[];
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
    expect(writesTo(cluster)).toEqual([]);
    const empty = await pass(new RecordingApi(), userCanary(), withRoutes('restored'));
    expect(empty.virtualService.conformity).toBe('conforms');
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
          planUserRoutes(KINDS.virtualServices, current, reading, 3, { ...IDLE, canaryWeight });
        let current = live;
        current = patched(current, plan().write);
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
          kind: KINDS.virtualServices,
          seen: { conformity: 'conforms', stamp: 3 },
        });
      }),
    );
  });
});

const NOBODY: ReadonlySet<string> = new Set();
