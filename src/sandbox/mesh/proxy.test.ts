import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meshUnderTest, type MeshUnderTest, type PodSketch } from '../../../test/builders/mesh.ts';
import type { MeshRequest } from './mesh-request.ts';

const PODS: PodSketch[] = [
  { name: 'web-v1', labels: { app: 'web', version: 'v1' } },
  { name: 'web-v2', labels: { app: 'web', version: 'v2' } },
];

const SERVICE = `
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
kind: DestinationRule
metadata: { name: web }
spec:
  host: web
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
    - { name: v3, labels: { version: v3 } }
---
`;

function mesh(http: string, pods = PODS): MeshUnderTest {
  const indented = http.trim().replaceAll(/^/gm, '    ');
  return meshUnderTest(
    `${SERVICE}
kind: VirtualService
metadata: { name: web }
spec:
  hosts: [web]
  http:
${indented}
`,
    pods,
  );
}

const TO_V1 = '- route: [{ destination: { host: web, subset: v1 } }]';

async function outcome(under: MeshUnderTest, request: Partial<MeshRequest> = {}) {
  const { status, flags, servedBy } = await under.send(request);
  return [status, flags, servedBy?.pod];
}

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

describe('at the ingress gateway', () => {
  const gateway = (gatewayHost: string, host: string) => `${SERVICE}
kind: Gateway
metadata: { name: public }
spec: { servers: [{ hosts: ['${gatewayHost}'] }] }
---
kind: VirtualService
metadata: { name: web }
spec:
  hosts: ['${host}']
  gateways: [public]
  http:
    - match: [{ uri: { prefix: /mesh }, gateways: [mesh] }]
      route: [{ destination: { host: nowhere } }]
    - route: [{ destination: { host: web } }]
`;
  test.each([
    ['a host that is let in', '*', 'shop.example.com', 'shop.example.com', 200],
    ['with a port', '*', 'shop.example.com', 'shop.example.com:8080', 200],
    ['a host by wildcard', '*.example.com', '*.example.com', 'shop.example.com', 200],
    ['any host of the gateway', 'shop.example.com', '*', 'shop.example.com', 200],
    [
      'a host that the gateway does not let in',
      'other.com',
      'shop.example.com',
      'shop.example.com',
      404,
    ],
    ['another host', '*', 'shop.example.com', 'cart.example.com', 404],
    ['a host that the gateway alone knows', '*', 'shop.example.com', 'web', 404],
  ])('%s', async (_, gatewayHost, host, authority, status) => {
    const under = meshUnderTest(gateway(gatewayHost, host), PODS);
    const response = await under.send({ from: 'gateway', authority, path: '/mesh' });
    expect(response.status).toBe(status);
  });

  test('a gateway that does not exist has no routes', async () => {
    const yaml = gateway('*', 'shop.example.com').replace('name: public }', 'name: private }');
    const under = meshUnderTest(yaml, PODS);
    const { status, flags } = await under.send({ from: 'gateway', authority: 'shop.example.com' });
    expect([status, flags]).toEqual([404, 'NR']);
  });
});

describe('a delegate', () => {
  const yaml = (delegateHosts: string) => `${SERVICE}
kind: VirtualService
metadata: { name: root }
spec:
  hosts: [web]
  http:
    - match: [{ uri: { prefix: /a } }]
      delegate: { name: inner, namespace: teams }
---
kind: VirtualService
metadata: { name: inner, namespace: teams }
spec:
  ${delegateHosts}
  http:
    - match: [{ headers: { x-test: { exact: 'yes' } } }]
      route: [{ destination: { host: web.shop.svc.cluster.local, subset: v2 } }]
    - route: [{ destination: { host: web.shop.svc.cluster.local, subset: v1 } }]
`;
  test.each([
    ['/a', { 'x-test': 'yes' }, [200, '-', 'web-v2']],
    ['/a', {}, [200, '-', 'web-v1']],
    ['/b', { 'x-test': 'yes' }, [404, 'NR', undefined]],
  ])('decides within what its root lets through: %s %o', async (path, headers, expected) => {
    expect(await outcome(meshUnderTest(yaml(''), PODS), { path, headers })).toEqual(expected);
  });

  test('with hosts of its own is none', async () => {
    const under = meshUnderTest(yaml('hosts: [other]'), PODS);
    expect(await outcome(under, { path: '/a' })).toEqual([404, 'NR', undefined]);
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

describe('when a pod fails', () => {
  const failing = (errors: string): PodSketch[] => [
    { ...PODS[0]!, annotations: { 'sandbox.linnet.dev/errors': errors } },
    { name: 'web-v1-good', labels: { app: 'web', version: 'v1' } },
  ];

  test('a retry goes to another one', async () => {
    const under = mesh(`${TO_V1}\n  retries: { attempts: 1, retryOn: 5xx }`, failing('100%'));
    for (let count = 0; count < 8; count += 1) expect((await outcome(under))[0]).toBe(200);
  });

  test('and all others too, the retries are used up', async () => {
    const pods = failing('100% 503').slice(0, 1);
    const under = mesh(`${TO_V1}\n  retries: { attempts: 2, retryOn: gateway-error }`, pods);
    expect((await outcome(under)).slice(0, 2)).toEqual([503, 'URX']);
    expect(await count(under, 'reporter="destination"')).toBe(3);
    expect(await count(under, 'reporter="source"')).toBe(1);
  });

  test('its answer is passed on when it is not to be retried', async () => {
    const under = mesh(TO_V1, failing('100%').slice(0, 1));
    expect((await outcome(under)).slice(0, 2)).toEqual([500, '-']);
  });

  test('to answer at all, another one is tried by itself', async () => {
    const pods = failing('0%').map((pod, index) => ({ ...pod, alive: index > 0 }));
    const under = mesh(TO_V1, pods);
    for (let count = 0; count < 8; count += 1) expect((await outcome(under))[0]).toBe(200);
  });

  test('to answer at all and is the only one, the mesh says so', async () => {
    const under = mesh(TO_V1, [{ ...PODS[0]!, alive: false }]);
    expect((await outcome(under)).slice(0, 2)).toEqual([503, 'URX,UF']);
    const labels = 'destination_workload="web-v1"';
    expect(await count(under, `${labels},.*destination_version="unknown"`)).toBe(1);
    expect(await count(under, 'reporter="destination"')).toBe(0);
  });

  test('to answer in time, the client gets 504 and the pod sees it go', async () => {
    const pods = [{ ...PODS[0]!, annotations: { 'sandbox.linnet.dev/latency': '10s' } }];
    const under = mesh(`${TO_V1}\n  timeout: 20ms`, pods);
    expect((await outcome(under)).slice(0, 2)).toEqual([504, 'UT']);
    expect(await count(under, 'reporter="source".*response_code="504"')).toBe(1);
    expect(
      await count(under, 'reporter="destination".*response_code="0".*response_flags="DC"'),
    ).toBe(1);
  });

  test('to answer before the client goes away, nobody gets an answer', async () => {
    const pods = [{ ...PODS[0]!, annotations: { 'sandbox.linnet.dev/latency': '10s' } }];
    const under = mesh(TO_V1, pods);
    expect((await outcome(under, { signal: AbortSignal.timeout(20) })).slice(0, 2)).toEqual([
      0,
      'DC',
    ]);
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

describe("Istio's metrics", () => {
  test('name both sides of a request', async () => {
    const under = mesh(TO_V1);
    await under.send({});
    const text = await under.metrics.text();
    const line = text
      .split('\n')
      .find((one) => /^istio_requests_total.*reporter="source"/.test(one));
    const labels = Object.fromEntries(
      [...(line ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    expect(labels).toEqual({
      reporter: 'source',
      source_workload: 'caller',
      source_workload_namespace: 'shop',
      source_principal: 'spiffe://cluster.local/ns/shop/sa/caller',
      source_app: 'caller',
      source_version: 'unknown',
      source_canonical_service: 'caller',
      source_canonical_revision: 'latest',
      source_cluster: 'Kubernetes',
      destination_workload: 'web-v1',
      destination_workload_namespace: 'shop',
      destination_principal: 'spiffe://cluster.local/ns/shop/sa/default',
      destination_app: 'web',
      destination_version: 'v1',
      destination_canonical_service: 'web',
      destination_canonical_revision: 'v1',
      destination_cluster: 'Kubernetes',
      destination_service: 'web.shop.svc.cluster.local',
      destination_service_name: 'web',
      destination_service_namespace: 'shop',
      request_protocol: 'http',
      response_code: '200',
      grpc_response_status: '',
      response_flags: '-',
      connection_security_policy: 'unknown',
    });
  });

  test('of a request that reached no pod keep the Service', async () => {
    const under = mesh(TO_V1.replace('v1', 'v3'));
    await under.send({});
    const unknown = 'destination_workload="unknown".*destination_canonical_revision="latest"';
    expect(
      await count(under, `${unknown}.*destination_service_name="web".*response_flags="UH"`),
    ).toBe(1);
  });

  test.each([
    ['0%', [200, 0], '200".*grpc_response_status="0".*response_flags="-"'],
    ['100%', [200, 2], '200".*grpc_response_status="2".*response_flags="-"'],
    ['100% 503', [200, 14], '200".*grpc_response_status="14".*response_flags="-"'],
  ])('of gRPC tell its own status: errors %s', async (errors, expected, labels) => {
    const annotations = { 'sandbox.linnet.dev/errors': errors };
    const under = mesh(TO_V1, [{ ...PODS[0]!, annotations }]);
    const headers = { 'content-type': 'application/grpc' };
    const { status, grpcStatus } = await under.send({ headers });
    expect([status, grpcStatus]).toEqual(expected);
    const both = `request_protocol="grpc".*response_code="${labels}`;
    expect(await count(under, `reporter="source".*${both}`)).toBe(1);
    expect(await count(under, `reporter="destination".*${both}`)).toBe(1);
  });

  test('of gRPC tell what the mesh itself refuses', async () => {
    const under = mesh(TO_V1.replace('v1', 'v3'));
    await under.send({ headers: { 'content-type': 'application/grpc+proto' } });
    expect(await count(under, 'grpc_response_status="14".*response_flags="UH"')).toBe(1);
  });

  test('of a pod without a sidecar come from the caller only', async () => {
    const under = mesh(TO_V1, [{ ...PODS[0]!, sidecar: false }]);
    await under.send({});
    expect(await count(under, 'reporter="destination"')).toBe(0);
    expect(await count(under, 'reporter="source"')).toBe(1);
  });
});

describe('weights', () => {
  const SENT = 600;
  /** Two-sided 99.9 % of a normal distribution. */
  const Z = 3.2905;

  test('are the shares that are observed', async () => {
    const weights = fc.array(fc.nat(100), { minLength: 2, maxLength: 4 });
    const positive = weights.filter((all) => all.some((weight) => weight > 0));
    await fc.assert(
      fc.asyncProperty(positive, fc.nat(), async (all, seed) => {
        const pods = all.map((_, index) => sketch(index));
        const under = meshUnderTest(split(all), pods, seed);
        const answers = await Promise.all(Array.from({ length: SENT }, () => under.send({})));
        const total = all.reduce((sum, weight) => sum + weight, 0);
        for (const [index, weight] of all.entries()) {
          const share = weight / total;
          const got = answers.filter(({ servedBy }) => servedBy?.version === `v${index}`).length;
          const bound = Z * Math.sqrt(SENT * share * (1 - share));
          expect(Math.abs(got - SENT * share)).toBeLessThanOrEqual(bound);
        }
      }),
      // A fixed seed: at 99.9 % an honest split would now and then lie outside.
      { numRuns: 12, seed: 7 },
    );
  });

  function sketch(index: number): PodSketch {
    return { name: `web-v${index}`, labels: { app: 'web', version: `v${index}` } };
  }

  function split(weights: number[]): string {
    const subsets = weights.map((_, i) => `{ name: v${i}, labels: { version: v${i} } }`);
    const routes = weights.map(
      (weight, i) => `{ destination: { host: web, subset: v${i} }, weight: ${weight} }`,
    );
    return `
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }
---
kind: DestinationRule
metadata: { name: web }
spec: { host: web, subsets: [${subsets.join(', ')}] }
---
kind: VirtualService
metadata: { name: web }
spec: { hosts: [web], http: [{ route: [${routes.join(', ')}] }] }
`;
  }
});

/** Requests counted in series whose labels match. */
async function count(under: MeshUnderTest, labels: string): Promise<number> {
  const pattern = new RegExp(`^istio_requests_total\\{.*${labels}.*\\} (\\d+)$`);
  const lines = (await under.metrics.text()).split('\n');
  return lines.reduce((sum, line) => sum + Number(pattern.exec(line)?.[1] ?? 0), 0);
}
