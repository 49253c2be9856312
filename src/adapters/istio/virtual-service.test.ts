import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aVirtualService,
  generatedSpec,
  KINDS,
  pair,
  patched,
  virtualServiceOf,
} from '../../../test/builders/istio-routes.ts';
import { aCanary, type CanaryParts } from '../../../test/builders/routed-canary.ts';
import { planManaged } from './managed-object.ts';

const PORTED = (primary: number, canary: number) =>
  pair(primary, canary).map(({ destination, weight }) => ({
    destination: { ...destination, port: { number: 80 } },
    weight,
  }));

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
    const { http: _routes, ...rest } = generatedSpec({ service });
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
    expect(generatedSpec({ service }, { canaryWeight: 30 })['http']).toEqual([
      { name: 'weighted', ...service, rewrite: { uri: '/' }, route: pair(70, 30) },
    ]);
  });

  it.each<[string, object, boolean]>([
    ['one port', { gateways: ['a/b'] }, false],
    ['several ports from a gateway', { gateways: ['a/b'], portDiscovery: true }, true],
    ['several ports in the mesh', { gateways: ['mesh'], portDiscovery: true }, false],
    ['several ports behind a root', { delegation: true, portDiscovery: true }, true],
  ])('names the port when it must: %s', (_, service, ported) => {
    const [route] = generatedSpec({ service })['http'] as { route: unknown }[];
    expect(route?.route).toEqual(ported ? PORTED(100, 0) : pair(100, 0));
  });

  it('splits TCP where the service says so', () => {
    const service = { appProtocol: 'TCP', match: [{ port: 3306 }] };
    expect(generatedSpec({ service }, { canaryWeight: 10 })).toEqual({
      hosts: ['web'],
      gateways: ['mesh'],
      tcp: [{ match: [{ port: 3306 }], route: pair(90, 10) }],
    });
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
        const spec = generatedSpec(parts, routing);
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
        const before = [{ ...route, name: 'weighted' }];
        const live = aVirtualService('web', { ...spec, http: before }, { ...meta, name: 'web' });
        const managed = virtualServiceOf(canary, to);
        const claimant = { canary, fence: 3, living: new Set<string>() };
        const { write } = planManaged(managed, live, claimant);
        const written = patched(live, write);
        expect(written['spec']).toMatchObject(spec);
        expect(written.metadata).toMatchObject(meta);
        const { http } = written['spec'] as { http?: { name: string }[] };
        const weighted = http?.find(({ name }) => name === 'weighted');
        expect(weighted ?? route).toMatchObject(route);
        expect(planManaged(managed, written, claimant)).toEqual({
          kind: KINDS.virtualServices,
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
