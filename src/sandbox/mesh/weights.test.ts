import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { meshUnderTest, type PodSketch } from '../../../test/builders/mesh.ts';

describe('weights', () => {
  const SENT = 400;
  /** Two-sided 99.9 % of a normal distribution. */
  const Z = 3.2905;

  test('are the shares that are observed', { timeout: 30_000 }, async () => {
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
      { numRuns: 8, seed: 7 },
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
