import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { withoutMesh } from './without-mesh.ts';

const kubernetes = { provider: 'kubernetes' };

describe('a canary without a mesh', () => {
  it('is told that it is released blue-green, when it asks for weights', () => {
    expect(withoutMesh(aCanary({ spec: kubernetes }))).toEqual([
      {
        reason: 'IgnoredWithoutMesh',
        severity: 'warning',
        message:
          'spec.analysis.stepWeight: found with provider kubernetes, which can neither split nor copy traffic, so they are ignored and the canary is released blue-green by 10 iterations; allowed is iterations, or provider istio',
      },
    ]);
  });

  it('keeps its iterations, and is told what else is ignored', () => {
    const analysis = {
      iterations: 3,
      mirror: true,
      match: [{ headers: { 'x-canary': { exact: 'always' } } }],
      sessionAffinity: { cookieName: 'canary' },
    };
    const canary = aCanary({ spec: kubernetes, analysis });
    expect(canary.spec.analysis).toMatchObject({ iterations: 3, match: [] });
    expect(withoutMesh(canary)[0]?.message).toContain(
      'spec.analysis.match, spec.analysis.sessionAffinity, spec.analysis.mirror: found',
    );
  });

  it.each([
    ['asks for iterations', kubernetes, { iterations: 3 }],
    ['skips its analysis', { ...kubernetes, skipAnalysis: true }, {}],
    ['has a mesh', { provider: 'istio' }, {}],
  ])('is told nothing when it %s', (_, spec, analysis) => {
    expect(withoutMesh(aCanary({ spec, analysis }))).toEqual([]);
  });
});
