import { describe, expect, it } from 'vitest';
import type { GatewayFacts, MeshFacts, PreflightFacts, RouteFacts } from '../ports/preflight.ts';
import { preflight, RULES } from './preflight.ts';

const route: RouteFacts = {
  name: 'VirtualService shop/web',
  hosts: ['web', 'shop.example.com'],
  forMesh: true,
  gateways: [gateway('istio-system/public', ['*.example.com'])],
  exportTo: undefined,
  faults: [],
  missingHosts: [],
  rivals: [],
};

const mesh: MeshFacts = {
  hasMetrics: true,
  injection: { enabled: true, ambient: false, waypoint: false },
  pods: [pod('web-1'), pod('web-primary-1')],
  outsiders: [],
  port: { name: 'http', appProtocol: undefined },
  route,
};

const fine: PreflightFacts = {
  target: 'Deployment shop/web',
  namespace: 'shop',
  containers: [{ name: 'web', hasReadinessProbe: true }],
  services: [{ name: 'web', selector: { app: 'web-primary' }, internalTrafficPolicy: 'Cluster' }],
  mesh,
};

function pod(name: string, hasSidecar = true, optsOut = false) {
  return { name, hasSidecar, optsOut };
}

function gateway(name: string, hosts: string[] | undefined): GatewayFacts {
  return { name, namespace: name.split('/')[0] ?? '', hosts };
}

function inMesh(change: Partial<MeshFacts>): PreflightFacts {
  return { ...fine, mesh: { ...mesh, ...change } };
}

function onRoute(change: Partial<RouteFacts>): PreflightFacts {
  return inMesh({ route: { ...route, ...change } });
}

function injection(change: Partial<MeshFacts['injection']>): MeshFacts['injection'] {
  return { ...mesh.injection, ...change };
}

function service(change: object) {
  return { ...fine, services: [{ ...fine.services[0]!, ...change }] };
}

function port(name: string, appProtocol?: string): PreflightFacts {
  return inMesh({ port: { name, appProtocol } });
}

describe('preflight finds', () => {
  it.each<[string, PreflightFacts, string]>([
    [
      'SidecarMissing',
      inMesh({ pods: [pod('a'), pod('b', false)] }),
      '1 of 2 pods of Deployment shop/web have no sidecar, so the mesh neither routes to them by version nor counts their requests; restart its pods, they are older than the injection',
    ],
    [
      'SidecarMissing',
      inMesh({ pods: [pod('a'), pod('b', false)], injection: injection({ enabled: false }) }),
      'label namespace shop with istio-injection=enabled',
    ],
    [
      'SidecarMissing',
      inMesh({ pods: [pod('a'), pod('b', false, true)] }),
      'remove sidecar.istio.io/inject=false',
    ],
    ['SidecarMissing', inMesh({ pods: [pod('a', false)], hasMetrics: undefined }), '1 of 1 pods'],
    [
      'AmbientWithoutWaypoint',
      inMesh({ injection: injection({ ambient: true }), pods: [pod('a', false)] }),
      'label it with istio.io/use-waypoint',
    ],
    [
      'GatewayMissing',
      onRoute({ gateways: [gateway('istio-system/public', undefined)] }),
      'is for Gateway istio-system/public, which does not exist',
    ],
    [
      'HostNotServed',
      onRoute({ gateways: [gateway('istio-system/public', ['other.org', '*.shop.example.com'])] }),
      'no server of Gateway istio-system/public has host shop.example.com',
    ],
    [
      'DestinationMissing',
      onRoute({ missingHosts: ['gone'] }),
      'leads to gone, which no Service has',
    ],
    [
      'DuplicateHost',
      onRoute({ rivals: [{ name: 'shop/old', host: 'web' }] }),
      'VirtualService shop/old has host web too',
    ],
    ['FaultOnRoute', onRoute({ faults: ['all'] }), 'injects faults on route all'],
    [
      'SelectorPinsVersion',
      service({ selector: { app: 'web', version: 'v1' } }),
      'Service web selects pods by version=v1',
    ],
    [
      'PortHidesHttp',
      port('tcp-web'),
      'spec.service.portName tcp-web makes the mesh treat the port as tcp',
    ],
    ['PortHidesHttp', port('mysql'), 'as mysql'],
    ['PortHidesHttp', port('redis'), 'or appProtocol tcp where TCP is meant'],
    ['PortHidesHttp', port('http', 'https'), 'spec.service.appProtocol https'],
    ['PortHidesHttp', port('http', 'kubernetes.io/wss'), 'as https'],
    ['PortProtocolSniffed', port('web'), 'portName web names no protocol'],
    ['PortProtocolSniffed', port('http', 'example.com/mine'), 'names no protocol'],
    ['NoMeshMetrics', inMesh({ hasMetrics: false }), 'no istio_* series of Deployment shop/web'],
    [
      'CallersOutsideMesh',
      inMesh({ outsiders: ['a', 'b', 'c', 'd'] }),
      'a, b, c and 1 more in the same namespace have no sidecar',
    ],
    [
      'HiddenFromGateway',
      onRoute({ exportTo: ['.'], forMesh: false }),
      'is exported to . only, so Gateway istio-system/public does not see it',
    ],
    [
      'HiddenFromNamespaces',
      onRoute({ exportTo: ['.', 'istio-system'] }),
      'callers in other namespaces ignore its weights',
    ],
    [
      'ReadinessProbeMissing',
      { ...fine, containers: [{ name: 'web', hasReadinessProbe: false }] },
      'no container of Deployment shop/web has a readinessProbe',
    ],
    ['LocalTrafficPolicy', service({ internalTrafficPolicy: 'Local' }), 'Service web has internal'],
  ])('%s', (reason, facts, sentence) => {
    const found = preflight(facts);
    expect(found.map((finding) => finding.reason)).toEqual([reason]);
    expect(found[0]?.message).toContain(sentence);
  });
});

describe('preflight is content', () => {
  it.each<[string, PreflightFacts]>([
    ['when all is well', fine],
    ['without a target: others say that', { ...fine, containers: undefined }],
    ['without a mesh', { ...fine, mesh: undefined }],
    ['before there are pods', inMesh({ pods: [] })],
    [
      'where something else than sidecars counts the requests',
      inMesh({ pods: [pod('a', false), pod('b', false)], outsiders: ['c'] }),
    ],
    [
      'with a waypoint',
      inMesh({ injection: injection({ ambient: true, waypoint: true }), pods: [pod('a', false)] }),
    ],
    ['when metrics cannot be asked', inMesh({ hasMetrics: undefined })],
    [
      'with callers outside when only a gateway obeys',
      inMesh({ outsiders: ['a'], route: { ...route, forMesh: false } }),
    ],
    ['with a gateway for every host', onRoute({ gateways: [gateway('a/b', ['*'])] })],
    [
      'with a gateway for some of its hosts',
      onRoute({ hosts: ['*.example.com'], gateways: [gateway('a/b', ['shop.example.com'])] }),
    ],
    ['without gateways', onRoute({ gateways: [] })],
    ['with an export to all', onRoute({ exportTo: ['*'] })],
    ['with TCP that is meant', port('http', 'TCP')],
    [
      'with one probe among several containers',
      {
        ...fine,
        containers: [
          { name: 'web', hasReadinessProbe: true },
          { name: 'log', hasReadinessProbe: false },
        ],
      },
    ],
    ...['http', 'http2', 'grpc', 'grpc-web', 'http-web', 'grpc-web-shop', 'HTTP'].map(
      (name): [string, PreflightFacts] => [`with port ${name}`, port(name)],
    ),
    ...['http', 'kubernetes.io/h2c', 'kubernetes.io/ws', 'grpc'].map(
      (protocol): [string, PreflightFacts] => [`with appProtocol ${protocol}`, port('x', protocol)],
    ),
  ])('%s', (_, facts) => {
    expect(preflight(facts)).toEqual([]);
  });
});

describe('the rules', () => {
  it('have a reason each, fit for a condition', () => {
    const reasons = RULES.map(({ reason }) => reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z][A-Za-z]+$/);
  });

  it('name what is worst first', () => {
    const rank = { error: 0, warning: 1, info: 2 };
    const ranks = RULES.map(({ severity }) => rank[severity]);
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });

  it('speak together when several hold', () => {
    const facts = { ...inMesh({ hasMetrics: false, pods: [pod('a', false)] }), containers: [] };
    expect(preflight(facts).map(({ reason, severity }) => `${severity} ${reason}`)).toEqual([
      'error SidecarMissing',
      'warning NoMeshMetrics',
      'warning ReadinessProbeMissing',
    ]);
  });
});
