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

  it('has nothing against one’s own namespace, named or not', () => {
    const canary = aCanary({
      analysis: { metrics: [metric('shop'), { ...metric(), name: 'two' }] },
    });
    expect(foreignReferences(canary)).toEqual([]);
  });
});
