import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bucket, quantileOf } from './histogram.ts';

describe('a quantile', () => {
  const cases: [string, number, Bucket[], number | undefined][] = [
    [
      'lies within its bucket',
      0.5,
      [
        [10, 0],
        [20, 10],
        [Infinity, 10],
      ],
      15,
    ],
    [
      'counts the first bucket from 0',
      0.5,
      [
        [10, 10],
        [Infinity, 10],
      ],
      5,
    ],
    [
      'takes buckets in any order',
      0.5,
      [
        [Infinity, 10],
        [20, 10],
        [10, 0],
      ],
      15,
    ],
    [
      'beyond all bounds is the highest',
      0.99,
      [
        [10, 1],
        [20, 2],
        [Infinity, 100],
      ],
      20,
    ],
    [
      'at a bound is the bound',
      0.9,
      [
        [10, 90],
        [20, 100],
        [Infinity, 100],
      ],
      10,
    ],
    [
      'steps over empty buckets',
      0.99,
      [
        [1, 50],
        [2, 50],
        [4, 100],
        [Infinity, 100],
      ],
      3.96,
    ],
    [
      'of nothing is none',
      0.99,
      [
        [10, 0],
        [Infinity, 0],
      ],
      undefined,
    ],
    [
      'of no share is where the first bucket begins, though nobody is in it',
      0,
      [
        [10, 0],
        [Infinity, 1],
      ],
      0,
    ],
    ['without buckets is none', 0.99, [], undefined],
    ['without a last bucket is none', 0.99, [[10, 5]], undefined],
    ['with nothing but the last bucket is none', 0.99, [[Infinity, 5]], undefined],
    [
      'survives counts that fall',
      0.5,
      [
        [10, 6],
        [20, 5],
        [Infinity, 10],
      ],
      25 / 3,
    ],
  ];
  it.each(cases)('%s', (_name, q, buckets, expected) => {
    expect(rounded(quantileOf(q, buckets))).toBe(rounded(expected));
  });

  it('never falls when q rises, and stays within the bounds', () => {
    const counts = fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, share, share, (added, a, b) => {
        fc.pre(added.some((n) => n > 0));
        let total = 0;
        const buckets = added.map((n, i): Bucket => {
          const bound = i === added.length - 1 ? Infinity : (i + 1) * 10;
          return [bound, (total += n)];
        });
        const low = quantileOf(Math.min(a, b), buckets);
        const high = quantileOf(Math.max(a, b), buckets);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low!);
        expect(high).toBeLessThanOrEqual((added.length - 1) * 10);
      }),
    );
  });
});

function rounded(value: number | undefined): string | undefined {
  return value?.toFixed(9);
}
