import * as fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import { describe, expect, it } from 'vitest';
import { aCanary, type CanaryParts, FENCES } from '../../../test/builders/routed-canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { istioKinds } from './kinds.ts';
import { planManaged } from './managed-object.ts';
import type { Write } from './plan.ts';
import { virtualService, type Routing } from './virtual-service.ts';

const kind = istioKinds('v1').virtualServices;
const IDLE: Routing = { canaryWeight: 0, matched: false, mirrorWeight: 0, affinity: undefined };

function specOf(parts: CanaryParts, routing: Partial<Routing> = {}, live?: KubeObject) {
  const canary = aCanary(parts);
  const managed = virtualService(kind, canary, canary.spec.service!, { ...IDLE, ...routing });
  const claimant = { canary, fence: FENCES.virtualService, living: new Set<string>() };
  const { write } = planManaged(managed, live, claimant);
  if (write?.verb !== 'create') throw new Error('expected a new object');
  return JSON.parse(JSON.stringify(write.object['spec'])) as Record<string, unknown>;
}

function pair(primary: number, canary: number) {
  return [
    { destination: { host: 'web-primary' }, weight: primary },
    { destination: { host: 'web-canary' }, weight: canary },
  ];
}

const PORTED = (primary: number, canary: number) =>
  pair(primary, canary).map(({ destination, weight }) => ({
    destination: { ...destination, port: { number: 80 } },
    weight,
  }));

const everybody = (canary: number) => ({ name: 'weighted', route: pair(100 - canary, canary) });

describe('hosts and gateways', () => {
  it.each<[string, object, object]>([
    ['the mesh by default', {}, { hosts: ['web'], gateways: ['mesh'] }],
    [
      'the apex besides other hosts',
      { hosts: ['shop.example.com'], gateways: ['istio-system/public', 'mesh'] },
      { hosts: ['shop.example.com', 'web'], gateways: ['istio-system/public', 'mesh'] },
    ],
    [
      'no apex besides *',
      { hosts: ['*'], gateways: ['istio-system/public'] },
      { hosts: ['*'], gateways: ['istio-system/public'] },
    ],
    ['the apex under its own name', { name: 'front' }, { hosts: ['front'], gateways: ['mesh'] }],
    ['neither for a delegate', { delegation: true }, {}],
  ])('%s', (_, service, reach) => {
    const { http: _routes, ...rest } = specOf({ service });
    expect(rest).toEqual(reach);
  });
});

describe('the generated route', () => {
  const service = {
    match: [{ uri: { prefix: '/shop' } }],
    rewrite: { uri: '/', type: 'ReplacePrefixMatch' },
    timeout: '15s',
    retries: { attempts: 3, perTryTimeout: '2s', retryOn: '5xx', retryRemoteLocalities: true },
    headers: { request: { add: { 'x-env': 'prod' } } },
    corsPolicy: { allowOrigins: [{ exact: 'https://shop.example.com' }], maxAge: '24h' },
  };

  it('carries what the service says, fields newer than this code included', () => {
    expect(specOf({ service }, { canaryWeight: 30 })['http']).toEqual([
      { name: 'weighted', ...service, rewrite: { uri: '/' }, route: pair(70, 30) },
    ]);
  });

  it.each<[string, object, boolean]>([
    ['one port', { gateways: ['a/b'] }, false],
    ['several ports from a gateway', { gateways: ['a/b'], portDiscovery: true }, true],
    ['several ports in the mesh', { gateways: ['mesh'], portDiscovery: true }, false],
    ['several ports behind a root', { delegation: true, portDiscovery: true }, true],
  ])('names the port when it must: %s', (_, service, ported) => {
    const [route] = specOf({ service })['http'] as { route: unknown }[];
    expect(route?.route).toEqual(ported ? PORTED(100, 0) : pair(100, 0));
  });

  it('splits TCP where the service says so', () => {
    const service = { appProtocol: 'TCP', match: [{ port: 3306 }] };
    expect(specOf({ service }, { canaryWeight: 10 })).toEqual({
      hosts: ['web'],
      gateways: ['mesh'],
      tcp: [{ match: [{ port: 3306 }], route: pair(90, 10) }],
    });
  });
});

describe('A/B testing', () => {
  const iterations = { iterations: 5 };

  it.each<[string, object[] | undefined, object[], object[]]>([
    [
      'alone',
      undefined,
      [{ headers: { 'x-canary': { exact: 'on' } } }],
      [{ headers: { 'x-canary': { exact: 'on' } } }],
    ],
    [
      'with the conditions of the service',
      [{ uri: { prefix: '/a' } }, { uri: { prefix: '/b' } }],
      [{ headers: { 'x-canary': { exact: 'on' } } }, { sourceLabels: { app: 'tester' } }],
      [
        { uri: { prefix: '/a' }, headers: { 'x-canary': { exact: 'on' } } },
        { uri: { prefix: '/b' }, headers: { 'x-canary': { exact: 'on' } } },
        { uri: { prefix: '/a' }, sourceLabels: { app: 'tester' } },
        { uri: { prefix: '/b' }, sourceLabels: { app: 'tester' } },
      ],
    ],
    [
      'in place of the service’s headers and source labels',
      [{ headers: { 'x-env': { exact: 'prod' } }, sourceLabels: { app: 'web' } }],
      [{ headers: { 'x-canary': { exact: 'on' } }, sourceLabels: { app: 'tester' } }],
      [{ headers: { 'x-canary': { exact: 'on' } }, sourceLabels: { app: 'tester' } }],
    ],
  ])('sends what matches to the canary: %s', (_, common, match, merged) => {
    const parts = { service: { match: common }, analysis: { ...iterations, match } };
    const rest = common === undefined ? {} : { match: common };
    expect(specOf(parts, { matched: true })['http']).toEqual([
      { name: 'matched', match: merged, route: pair(0, 100) },
      { name: 'weighted', ...rest, route: pair(100, 0) },
    ]);
  });

  it('ends with its route: one write removes it', () => {
    const match = [{ headers: { 'x-canary': { exact: 'on' } } }];
    expect(specOf({ analysis: { ...iterations, match } })['http']).toEqual([everybody(0)]);
  });

  it('with weights confines the split to what matches', () => {
    const match = [{ headers: { 'x-canary': { exact: 'on' } } }];
    const parts = { analysis: { stepWeight: 10, match } };
    expect(specOf(parts, { matched: true, canaryWeight: 20 })['http']).toEqual([
      { name: 'matched', match, route: pair(80, 20) },
      everybody(0),
    ]);
  });
});

describe('mirroring', () => {
  it('copies the primary’s requests while the canary gets none', () => {
    expect(specOf({}, { mirrorWeight: 40 })['http']).toEqual([
      { ...everybody(0), mirror: { host: 'web-canary' }, mirrorPercentage: { value: 40 } },
    ]);
  });
});

describe('session affinity', () => {
  const analysis = { stepWeight: 10, interval: '90s', sessionAffinity: { cookieName: 'cd' } };
  const httpOf = (parts: CanaryParts, routing: Partial<Routing>) =>
    specOf(parts, routing)['http'] as Record<string, unknown>[];
  const cookieIn = (route: unknown) =>
    /cd=(\w+); Max-Age=(\d+); Path=\//.exec(JSON.stringify(route)) ?? [];

  it('keeps who met the canary, by a cookie that only the canary sets', () => {
    const [sticky, weighted] = httpOf({ analysis }, { canaryWeight: 10, affinity: 'web-1' });
    const [setCookie, value, maxAge] = cookieIn(weighted);
    expect(maxAge).toBe('86400');
    expect(sticky).toEqual({
      name: 'sticky-canary',
      match: [{ headers: { cookie: { regex: `^(.*;\\s*)?cd=${value}(;.*)?$` } } }],
      route: pair(0, 100),
    });
    const [primary, canary] = pair(90, 10);
    const headers = { response: { add: { 'Set-Cookie': setCookie } } };
    expect(weighted).toEqual({ name: 'weighted', route: [primary, { ...canary, headers }] });
  });

  it('has a value of its own for each rollout and each Canary', () => {
    const valueOf = (uid: string, affinity: string) =>
      cookieIn(httpOf({ uid, analysis }, { canaryWeight: 10, affinity }))[1];
    const values = [valueOf('u1', 'a'), valueOf('u1', 'b'), valueOf('u2', 'a')];
    expect(new Set(values).size).toBe(3);
    expect(valueOf('u1', 'a')).toBe(values[0]);
  });

  it('takes the cookie away after the rollout, from whoever still carries one', () => {
    const [sticky, weighted, ...rest] = httpOf({ analysis }, {});
    expect(rest).toEqual([]);
    expect(weighted).toEqual(everybody(0));
    const headers = { response: { add: { 'Set-Cookie': 'cd=; Max-Age=0; Path=/' } } };
    expect(sticky).toEqual({
      name: 'sticky-canary',
      match: [{ headers: { cookie: { regex: '^(.*;\\s*)?cd=.*$' } } }],
      route: pair(100, 0).map((to) => ({ ...to, headers })),
    });
  });

  it('asks for the service’s own conditions too', () => {
    const service = { match: [{ uri: { prefix: '/a' }, headers: { 'x-b': { exact: 'c' } } }] };
    const [sticky] = httpOf({ service, analysis }, { canaryWeight: 10, affinity: 'web-1' });
    expect(sticky?.['match']).toEqual([
      {
        uri: { prefix: '/a' },
        headers: { 'x-b': { exact: 'c' }, cookie: { regex: expect.stringContaining('cd=') } },
      },
    ]);
  });

  it('keeps users of the primary for one step when asked to', () => {
    const sessionAffinity = { cookieName: 'cd', primaryCookieName: 'cdp' };
    const parts = { analysis: { ...analysis, sessionAffinity } };
    const at = (canaryWeight: number) => httpOf(parts, { canaryWeight, affinity: 'web-1' });
    const [, stays, weighted] = at(10);
    expect(stays).toMatchObject({ name: 'sticky-primary', route: pair(100, 0) });
    expect(JSON.stringify(weighted)).toContain('Max-Age=90');
    expect(at(20)[1]?.['match']).not.toEqual(stays?.['match']);
    expect(at(20)[0]).toEqual(at(10)[0]);
  });

  it('says every attribute, and doubles % for Envoy', () => {
    const sessionAffinity = {
      cookieName: 'a%b.c',
      maxAge: 60,
      domain: 'example.com',
      path: '/shop',
      sameSite: 'Lax',
      httpOnly: true,
      secure: true,
      partitioned: true,
    };
    const parts = { analysis: { ...analysis, sessionAffinity } };
    const text = JSON.stringify(httpOf(parts, { canaryWeight: 10, affinity: 'web-1' }));
    expect(text).toMatch(
      /a%%b\.c=\w{16}; Max-Age=60; Domain=example\.com; Path=\/shop; SameSite=Lax; HttpOnly; Secure; Partitioned"/,
    );
    expect(text).toContain(String.raw`a%b\\.c=`);
  });
});

describe('laws', () => {
  const routing = fc.record({
    canaryWeight: fc.integer({ min: 0, max: 100 }),
    matched: fc.boolean(),
    mirrorWeight: fc.integer({ min: 0, max: 100 }),
    affinity: fc.option(fc.constantFrom('web-1', 'web-2'), { nil: undefined }),
  });
  const parts = fc.constantFrom<CanaryParts>(
    {},
    { analysis: { iterations: 3, match: [{ headers: { a: { exact: 'b' } } }] } },
    { analysis: { stepWeights: [5], match: [{ headers: { a: { exact: 'b' } } }] } },
    { analysis: { stepWeight: 5, sessionAffinity: { cookieName: 'c', primaryCookieName: 'd' } } },
    { service: { appProtocol: 'tcp' } },
  );

  it('weights sum to 100 on every route, names are unique, the last route takes all', () => {
    fc.assert(
      fc.property(parts, routing, (parts, routing) => {
        const spec = specOf(parts, routing);
        const routes = (spec['http'] ?? spec['tcp']) as {
          name?: string;
          match?: unknown;
          route: { weight: number }[];
        }[];
        for (const { route } of routes) {
          expect(route.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
          expect(route).toHaveLength(2);
        }
        expect(new Set(routes.map(({ name }) => name)).size).toBe(routes.length);
        expect(routes.at(-1)?.match).toBeUndefined();
      }),
    );
  });

  it('nothing outside the owned fields changes, and what was written conforms', () => {
    const notOwned = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => !OWNED.has(key)),
      JSON_VALUE,
    );
    fc.assert(
      fc.property(parts, routing, notOwned, notOwned, notOwned, (parts, to, spec, route, meta) => {
        const canary = aCanary(parts);
        const live = {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata: { ...meta, name: 'web', namespace: 'shop' },
          spec: { ...spec, http: [{ ...route, name: 'weighted' }] },
        };
        const managed = virtualService(kind, canary, canary.spec.service!, to);
        const claimant = { canary, fence: 3, living: new Set<string>() };
        const { write } = planManaged(managed, live, claimant);
        const written = patched(live, write);
        expect(written['spec']).toMatchObject(spec);
        expect(written.metadata).toMatchObject(meta);
        const { http } = written['spec'] as { http?: { name: string }[] };
        const weighted = http?.find(({ name }) => name === 'weighted');
        expect(weighted ?? route).toMatchObject(route);
        expect(planManaged(managed, written, claimant)).toEqual({
          kind,
          seen: { conformity: 'conforms', stamp: 3 },
        });
      }),
    );
  });
});

/** As it travels: there is no -0, and a null is no field of an object. */
const JSON_VALUE = fc
  .jsonValue()
  .filter((value) => value !== null)
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const OWNED = new Set(
  'hosts gateways http tcp __proto__ toString constructor name namespace labels annotations ownerReferences uid resourceVersion match rewrite timeout retries headers corsPolicy mirror mirrorPercentage route'.split(
    ' ',
  ),
);

function patched(live: KubeObject, write: Write | undefined): KubeObject {
  if (write?.verb !== 'patch') throw new Error('expected a patch');
  return jsonPatch.applyPatch(structuredClone(live), write.operations, true).newDocument;
}
