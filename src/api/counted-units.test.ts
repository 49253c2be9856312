import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { unitsText } from './counted-units.ts';

describe('what is counted', () => {
  const service = (port: object) => ({ service: { port: 80, ...port } });
  const routing = { virtualServiceRef: { name: 'shop' } };
  it.each<[string, object, string]>([
    ['of HTTP', {}, 'requests'],
    ['of gRPC', service({ portName: 'grpc-web' }), 'requests'],
    ['of TCP', service({ appProtocol: 'TCP' }), 'connections'],
    ['of TLS that nobody opens', service({ portName: 'tls' }), 'connections'],
    ['of MySQL', { ...service({ portName: 'mysql-db' }), routing }, 'connections'],
    [
      'where the protocol goes before the name',
      service({ portName: 'tcp', appProtocol: 'http' }),
      'requests',
    ],
    [
      'of a port that says nothing, on the routes that Linnet makes',
      service({ portName: 'web' }),
      'requests',
    ],
    [
      'of a port that says nothing, on routes of a user',
      { ...service({ portName: 'web' }), routing },
      'requests and connections',
    ],
    [
      'in version mode',
      {
        service: undefined,
        targetRef: {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          name: 'reviews',
        },
        version: { subset: 'v2' },
      },
      'requests and connections',
    ],
    [
      'without Istio’s routes',
      { ...service({ appProtocol: 'tcp' }), provider: 'kubernetes' },
      'requests',
    ],
  ])('%s', (_name, spec, expected) => {
    expect(unitsText(aCanary({ spec: { ...spec } }).spec)).toBe(expected);
  });
});
