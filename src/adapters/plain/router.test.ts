import { describe, expect, it } from 'vitest';
import { aCanary, routed } from '../../../test/builders/routed-canary.ts';
import { FakeCluster } from '../../../test/builders/fake-cluster.ts';
import { canRoute, plainRouter } from './router.ts';

const spec = { provider: 'kubernetes' };

describe('a canary without a mesh', () => {
  it('needs no routes, whatever is wanted', async () => {
    const cluster = new FakeCluster();
    const router = plainRouter();
    const canary = aCanary({ spec, analysis: { iterations: 3 } });
    const seen = await router.observe(canary, routed(), cluster.reader());
    await router.applyDestinations(canary, canary.status!, routed(), seen);
    await router.applyRoutes(canary, canary.status!, routed(), seen);
    expect(seen).toMatchObject({
      virtualService: { conformity: 'unneeded' },
      destinationRules: { conformity: 'unneeded' },
      problems: [],
    });
    expect(cluster.requests).toEqual([]);
  });

  it('cannot go on with a share of the traffic that a mesh gave it', async () => {
    const seen = await plainRouter().observe(
      aCanary({ spec }),
      routed({ canaryWeight: 10 }),
      new FakeCluster().reader(),
    );
    expect(seen.problems.map(({ reason }) => reason)).toEqual(['WeightsWithoutMesh']);
    expect(seen.virtualService.conformity).toBe('missing');
  });

  it.each([
    [{}, undefined, false],
    [{}, 'kubernetes', true],
    [{ provider: 'kubernetes' }, 'istio', true],
    [{ provider: 'istio' }, 'kubernetes', false],
  ])('is known by %j, with the controller’s provider %j: %j', (spec, fallback, answer) => {
    expect(canRoute(aCanary({ spec }), fallback)).toBe(answer);
  });
});
