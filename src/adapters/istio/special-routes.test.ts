import { describe, expect, it } from 'vitest';
import { generatedSpec, pair } from '../../../test/builders/istio-routes.ts';
import type { CanaryParts } from '../../../test/builders/routed-canary.ts';
import type { Routing } from './routing.ts';

const everybody = (canary: number) => ({ name: 'weighted', route: pair(100 - canary, canary) });

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
    expect(generatedSpec(parts, { matched: true })['http']).toEqual([
      { name: 'matched', match: merged, route: pair(0, 100) },
      { name: 'weighted', ...rest, route: pair(100, 0) },
    ]);
  });

  it('ends with its route: one write removes it', () => {
    const match = [{ headers: { 'x-canary': { exact: 'on' } } }];
    expect(generatedSpec({ analysis: { ...iterations, match } })['http']).toEqual([everybody(0)]);
  });

  it('with weights confines the split to what matches', () => {
    const match = [{ headers: { 'x-canary': { exact: 'on' } } }];
    const parts = { analysis: { stepWeight: 10, match } };
    expect(generatedSpec(parts, { matched: true, canaryWeight: 20 })['http']).toEqual([
      { name: 'matched', match, route: pair(80, 20) },
      everybody(0),
    ]);
  });
});

describe('mirroring', () => {
  it('copies the primary’s requests while the canary gets none', () => {
    expect(generatedSpec({}, { mirrorWeight: 40 })['http']).toEqual([
      { ...everybody(0), mirror: { host: 'web-canary' }, mirrorPercentage: { value: 40 } },
    ]);
  });
});

describe('session affinity', () => {
  const analysis = { stepWeight: 10, interval: '90s', sessionAffinity: { cookieName: 'cd' } };
  const httpOf = (parts: CanaryParts, routing: Partial<Routing>) =>
    generatedSpec(parts, routing)['http'] as Record<string, unknown>[];
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
