import { describe, expect, it } from 'vitest';
import { asObject, pass, to } from '../../../test/builders/istio-routes.ts';
import { RecordingApi } from '../../../test/builders/recording-api.ts';
import { routed } from '../../../test/builders/routed-canary.ts';
import { httpOf, theirs, userCanary, writesTo } from '../../../test/builders/user-routes.ts';
import { VIRTUAL_SERVICE } from '../../ports/kinds.ts';

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
    expect(writesTo(cluster)).toEqual([]);
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
    expect(writesTo(cluster)).toEqual([]);
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
    expect(writesTo(cluster)).toEqual([]);
  });

  it.each(['no json', '[]', '{"both": 3}', '{"both": "x"}'])('a claim %j is none', async (text) => {
    const cluster = new RecordingApi(theirs(http, { 'linnet.dev/claims': text }));
    const seen = await pass(cluster, userCanary({ routes: ['both'] }), routed());
    expect(seen.problems).toEqual([]);
  });
});
