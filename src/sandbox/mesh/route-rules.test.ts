import { describe, expect, test } from 'vitest';
import type { VirtualService, VirtualServiceSpec } from './istio-resources.ts';
import { checkVirtualService } from './route-rules.ts';

function check(spec: VirtualServiceSpec): void {
  checkVirtualService({ spec } as VirtualService);
}

const WEB = { host: 'web' };

describe('a VirtualService that Istio takes', () => {
  test.each<[string, VirtualServiceSpec]>([
    [
      'one destination without a weight',
      { hosts: ['web'], http: [{ route: [{ destination: WEB }] }] },
    ],
    [
      'one destination of weight 0',
      { hosts: ['web'], http: [{ route: [{ destination: WEB, weight: 0 }] }] },
    ],
    [
      'weights that do not add up to 100',
      {
        hosts: ['web'],
        http: [
          {
            route: [
              { destination: WEB, weight: 1 },
              { destination: WEB, weight: 1 },
            ],
          },
        ],
      },
    ],
    ['any host at a gateway', { hosts: ['*'], gateways: ['public'], http: [] }],
    ['a delegate', { http: [{ route: [{ destination: WEB }] }] }],
    ['no routes over HTTP', { hosts: ['web'] }],
  ])('%s', (_, spec) => {
    expect(() => check(spec)).not.toThrow();
  });
});

describe('a VirtualService that Istio refuses', () => {
  test.each<[string, VirtualServiceSpec, string]>([
    ['no hosts but gateways', { gateways: ['a'] }, 'spec.gateways: a delegate'],
    ['any host in the mesh', { hosts: ['*'] }, 'spec.hosts: "*"'],
    ['any host in the mesh too', { hosts: ['*'], gateways: ['a', 'mesh'] }, 'spec.hosts: "*"'],
    [
      'a route to nowhere',
      { hosts: ['a'], http: [{ route: [] }] },
      'spec.http[0]: needs exactly one of',
    ],
    [
      'a route and a redirect',
      { hosts: ['a'], http: [{ route: [{ destination: WEB }], redirect: {} }] },
      'spec.http[0]: needs exactly one of',
    ],
    [
      'a negative weight',
      { hosts: ['a'], http: [{ route: [{ destination: WEB, weight: -1 }] }] },
      'spec.http[0].route: found the weight -1',
    ],
    [
      'weights of 0 alone',
      { hosts: ['a'], http: [{ route: [{ destination: WEB }, { destination: WEB }] }] },
      'spec.http[0].route: the weights',
    ],
    [
      'two kinds of mirrors',
      { hosts: ['a'], http: [{ route: [{ destination: WEB }], mirror: WEB, mirrors: [] }] },
      'spec.http[0]: needs mirror or mirrors',
    ],
  ])('%s', (_, spec, sentence) => {
    expect(() => check(spec)).toThrow(sentence);
  });
});
