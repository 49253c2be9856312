import { describe, expect, it } from 'vitest';
import {
  ADOPTED,
  canaryWith,
  cluster,
  reconcile,
  services,
  useServices,
} from '../../../test/builders/services-bench.ts';
import { anIntent, aSlice } from '../../../test/builders/workload-objects.ts';

useServices();

describe('endpoints', () => {
  const cases: [string, Record<string, string[]>, string, number, number][] = [
    ['nobody yet', {}, 'nobody', 0, 0],
    ['only unready pods', { checkout: ['p1!'], 'checkout-primary': ['p1!'] }, 'nobody', 0, 0],
    ['the target', { checkout: ['t1', 't2'], 'checkout-canary': ['t1', 't2'] }, 'target', 0, 2],
    ['the primary', { checkout: ['p1'], 'checkout-primary': ['p1', 'p2!'] }, 'primary', 1, 0],
    [
      'both',
      { checkout: ['p1', 't1'], 'checkout-primary': ['p1'], 'checkout-canary': ['t1'] },
      'mixed',
      1,
      1,
    ],
    ['pods of neither', { checkout: ['p1', 'x'], 'checkout-primary': ['p1'] }, 'mixed', 1, 0],
  ];
  it.each(cases)('of %s', async (_, pods, apexServes, primaryEndpoints, canaryEndpoints) => {
    await reconcile(ADOPTED);
    for (const [name, behind] of Object.entries(pods)) cluster.put(aSlice(name, behind));
    const seen = await services.observe(canaryWith(), anIntent(), cluster.reader());
    expect(seen).toMatchObject({ apexServes, primaryEndpoints, canaryEndpoints });
  });

  it('count a pod of two address families once', async () => {
    await reconcile(ADOPTED);
    cluster.put(aSlice('checkout-primary', ['p1', 'p2'], 'v4'));
    cluster.put(aSlice('checkout-primary', ['p1', 'p2'], 'v6'));
    const seen = await services.observe(canaryWith(), anIntent(), cluster.reader());
    expect(seen.primaryEndpoints).toBe(2);
  });
});
