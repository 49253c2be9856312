import { describe, expect, test } from 'vitest';
import {
  PODS,
  SERVICE,
  TO_V1,
  count,
  mesh,
  meshUnderTest,
  outcome,
} from '../../../test/builders/mesh.ts';

describe('a request finds its way', () => {
  test.each([
    ['to a Service that no VirtualService speaks of', SERVICE, 'web', [200, '-']],
    ['by the full name', SERVICE, 'web.shop.svc.cluster.local:80', [200, '-']],
    ['by the name with its namespace', SERVICE, 'web.shop', [200, '-']],
    ['but not to another namespace', SERVICE, 'web.other', [404, 'NR']],
    ['but not to nowhere', SERVICE, 'cart', [404, 'NR']],
  ])('%s', async (_, yaml, authority, expected) => {
    const under = meshUnderTest(yaml, PODS);
    expect((await outcome(under, { authority })).slice(0, 2)).toEqual(expected);
  });

  test.each([
    ['to the subset', TO_V1, [200, '-', 'web-v1']],
    ['not to a subset that is not defined', TO_V1.replace('v1', 'v9'), [503, 'NC', undefined]],
    [
      'not to a Service that does not exist',
      TO_V1.replace('host: web', 'host: cart'),
      [503, 'NC', undefined],
    ],
    [
      'not to a port that does not exist',
      '- route: [{ destination: { host: web, port: { number: 81 } } }]',
      [503, 'NC', undefined],
    ],
    ['not to a subset without pods', TO_V1.replace('v1', 'v3'), [503, 'UH', undefined]],
    [
      'whatever the weight of a lone destination',
      '- route: [{ destination: { host: web, subset: v2 }, weight: 0 }]',
      [200, '-', 'web-v2'],
    ],
    [
      'not where no route matches',
      `- match: [{ uri: { exact: /a } }]\n  route: [{ destination: { host: web } }]`,
      [404, 'NR', undefined],
    ],
    [
      'by the first route that matches',
      `- match: [{ method: { exact: POST } }]\n  route: [{ destination: { host: web, subset: v1 } }]\n- route: [{ destination: { host: web, subset: v2 } }]`,
      [200, '-', 'web-v2'],
    ],
    ['elsewhere', '- redirect: { uri: /b, authority: example.com }', [301, '-', undefined]],
    [
      'to an answer that is ready',
      '- directResponse: { status: 418, body: { string: teapot } }',
      [418, '-', undefined],
    ],
    [
      'into a fault',
      '- fault: { abort: { httpStatus: 400, percentage: { value: 100 } } }\n  route: [{ destination: { host: web } }]',
      [400, 'FI', undefined],
    ],
    [
      'past a fault that nobody gets',
      `- fault: { abort: { httpStatus: 400, percentage: { value: 0 } } }\n${TO_V1.replace('- ', '  ')}`,
      [200, '-', 'web-v1'],
    ],
  ])('%s', async (_, http, expected) => {
    expect(await outcome(mesh(http))).toEqual(expected);
  });

  test('past pods that are not ready', async () => {
    const pods = [{ ...PODS[0]!, ready: false }, PODS[1]!];
    const under = meshUnderTest(SERVICE, pods);
    for (let count = 0; count < 8; count += 1) {
      expect(await outcome(under)).toEqual([200, '-', 'web-v2']);
    }
  });

  test('a VirtualService that makes no sense is not obeyed, and the rest is', async () => {
    const under = mesh(
      `- match: [{ uri: { regex: '(' } }]\n  route: [{ destination: { host: web } }]`,
    );
    expect(under.refused).toEqual([expect.stringMatching(/^web: Invalid regular expression/)]);
    expect((await outcome(under))[0]).toBe(200);
  });
});

describe('on the way', () => {
  test('paths and hosts are rewritten', async () => {
    const under = mesh(`- match: [{ uri: { prefix: /old } }]
  rewrite: { uri: /status }
  route: [{ destination: { host: web } }]
- match: [{ uri: { prefix: /re } }]
  rewrite: { uriRegexRewrite: { match: '^/re/(\\d+)/x$', rewrite: '/status/\\1' } }
  route: [{ destination: { host: web } }]`);
    expect((await under.send({ path: '/old/204?q=1' })).status).toBe(204);
    expect((await under.send({ path: '/re/404/x' })).status).toBe(404);
  });

  test('headers are removed, set and added', async () => {
    const pods = [
      { ...PODS[0]!, annotations: { 'sandbox.linnet.dev/errors-for-header': 'x-a: b,c 100% 502' } },
    ];
    const under = mesh(
      `- headers: { request: { set: { X-A: b } }, response: { set: { server: mine } } }
  route:
    - destination: { host: web, subset: v1 }
      headers:
        request: { add: { x-a: c } }
        response: { add: { Set-Cookie: 'cd=1; Path=/' }, remove: [content-type] }`,
      pods,
    );
    const { status, headers } = await under.send({ headers: { 'x-a': 'old' } });
    expect(status).toBe(502);
    expect(headers).toContainEqual(['Set-Cookie', 'cd=1; Path=/']);
    expect(headers.map(([name]) => name)).not.toContain('content-type');
  });

  test('a redirect keeps what it does not change', async () => {
    const under = mesh('- redirect: { scheme: https, redirectCode: 308 }');
    const { status, headers } = await under.send({ path: '/a?b', authority: 'web:80' });
    expect([status, headers[0]]).toEqual([308, ['location', 'https://web:80/a?b']]);
  });
});

describe('a mirror', () => {
  test('gets a copy that only its own sidecar counts', async () => {
    const under = mesh(`${TO_V1}\n  mirrors: [{ destination: { host: web, subset: v2 } }]`);
    expect((await outcome(under))[2]).toBe('web-v1');
    expect(await count(under, 'reporter="source".*destination_version="v1"')).toBe(1);
    expect(await count(under, 'reporter="destination".*destination_version="v2"')).toBe(1);
    expect(await count(under, 'reporter="source".*destination_version="v2"')).toBe(0);
  });

  test('gets none without a percentage of it', async () => {
    const share = 'mirrorPercentage: { value: 0 }';
    const under = mesh(`${TO_V1}\n  mirror: { host: web, subset: v2 }\n  ${share}`);
    await outcome(under);
    expect(await count(under, 'destination_version="v2"')).toBe(0);
  });
});
