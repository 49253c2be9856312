import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { foreignReferences } from './foreign-references.ts';

const metric = (namespace?: string) => ({
  name: 'own',
  thresholdRange: { max: 1 },
  templateRef: { name: 'own', ...(namespace === undefined ? {} : { namespace }) },
});

describe('foreignReferences', () => {
  it.each([
    [
      'a template',
      { analysis: { metrics: [metric('other')] } },
      'metrics[0].templateRef.namespace',
    ],
    [
      'a VirtualService',
      { spec: { routing: { virtualServiceRef: { name: 'v', namespace: 'other' } } } },
      'routing.virtualServiceRef.namespace',
    ],
  ])('names %s of another namespace', (_name, parts, path) => {
    const [problem] = foreignReferences(aCanary(parts));
    expect(problem).toMatchObject({ reason: 'CrossNamespaceRef' });
    expect(problem?.message).toContain(`${path}: found 'other', allowed is 'shop'`);
  });

  it.each([
    ['gateways[0]', { gateways: ['istio-system/public'] }, "found 'istio-system/public'"],
    ['gateways[1]', { gateways: ['own', 'shopping/public'] }, "found 'shopping/public'"],
    ['gatewayRefs[0].namespace', { gatewayRefs: [{ name: 'g', namespace: 'infra' }] }, "'infra'"],
    [
      'mirror[0].backendRef.namespace',
      { mirror: [{ backendRef: { name: 'm', namespace: 'b' } }] },
      "'b'",
    ],
    ['hosts[0]', { hosts: ['web.other'] }, "found 'web.other'"],
    ['hosts[0]', { hosts: ['web.other.svc.cluster.local'] }, 'allowed is a Service of namespace'],
    ['hosts[1]', { hosts: ['web', 'api.stripe.com'], gateways: ['mesh', 'own'] }, 'api.stripe.com'],
    ['hosts[0]', { hosts: ['*.svc.cluster.local'] }, "found '*.svc.cluster.local'"],
  ])('names spec.service.%s: %j', (path, service, says) => {
    const problems = foreignReferences(aCanary({ spec: { service: { port: 80, ...service } } }));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message.startsWith(`spec.service.${path}: found '`)).toBe(true);
    expect(problems[0]?.message).toContain(says);
    expect(problems[0]?.message).toContain('since this Linnet runs with --no-cross-namespace-refs');
  });

  it.each([
    { gateways: ['mesh', 'own', 'shop/own'] },
    { hosts: ['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local'] },
    { hosts: ['shop.example.com', '*'], gateways: ['shop/own'] },
  ])('has nothing against %j', (service) => {
    const canary = aCanary({ spec: { service: { port: 80, ...service } } });
    expect(foreignReferences(canary)).toEqual([]);
  });

  it('has nothing against one’s own namespace, named or not', () => {
    const canary = aCanary({
      analysis: { metrics: [metric('shop'), { ...metric(), name: 'two' }] },
    });
    expect(foreignReferences(canary)).toEqual([]);
  });
});
