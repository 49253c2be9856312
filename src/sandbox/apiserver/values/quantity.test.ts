import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { canonicalQuantity, quantityNanos } from './quantity.ts';

describe('the canonical form', () => {
  test.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['100Ki', '100Ki'],
    ['1000Ki', '1000Ki'],
    ['2000', '2k'],
    ['1e3', '1e3'],
    ['12e6', '12e6'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['0.0000000001', '1n'],
    [2, '2'],
    [0.1, '100m'],
  ])('of %s is %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  test.each(['', 'abc', '1 Gi', '1gi', '1.2.3', '--1', true])('%s has none', (given) => {
    expect(canonicalQuantity(given)).toBeUndefined();
  });

  test('keeps the amount, and is its own canonical form', () => {
    const units = ['', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi'];
    const quantity = fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom(...units));
    fc.assert(
      fc.property(quantity, ([number, unit]) => {
        const canonical = canonicalQuantity(`${number}${unit}`);
        expect(quantityNanos(canonical)).toBe(quantityNanos(`${number}${unit}`));
        expect(canonicalQuantity(canonical)).toBe(canonical);
      }),
    );
  });
});
