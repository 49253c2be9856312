import { describe, expect, test } from 'vitest';
import { PODS, SERVICE, meshUnderTest, outcome } from '../../../test/builders/mesh.ts';

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
