import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aStatus } from '../../test/builders/workload-objects.ts';
import { drawnWeight, isOff, shareInterval } from '../decide/weights.ts';
import type { CallerShare, SplitSeen } from '../ports/split.ts';
import { splitProblem } from './split.ts';

function split(canary: number, requests: number, callers: CallerShare[] = []): SplitSeen {
  return { canary, requests, callers };
}

function at(weight: number, analysis: Record<string, unknown> = {}, spec = {}) {
  const status = aStatus({ phase: 'Progressing', step: { index: 1, weight } });
  return aCanary({ analysis, spec, status });
}

const A_HEADER = { headers: { 'x-canary': { exact: 'yes' } } };

describe('the interval of a share', () => {
  it.each([
    [40, 100, 0.256333, 0.563206],
    [0, 100, 0, 0.097697],
    [5, 1000, 0.00128, 0.019325],
    [1000, 1000, 0.989288, 1],
    [9200, 23_000, 0.38942, 0.410674],
  ])('%i of %i', (found, requests, from, to) => {
    const interval = shareInterval(found, requests);
    expect(interval.from).toBeCloseTo(from, 5);
    expect(interval.to).toBeCloseTo(to, 5);
  });

  it.each([0.05, 0.1, 0.2, 0.5, 0.9])(
    'misses a true share of %d in a few of a thousand cases at most',
    (share) => {
      for (const requests of [100, 250, 1000]) {
        const missed = binomial(requests, share)
          .filter((_, found) => {
            const { from, to } = shareInterval(found, requests);
            return share < from || share > to;
          })
          .reduce((sum, chance) => sum + chance, 0);
        expect(missed).toBeGreaterThan(0.0003);
        expect(missed).toBeLessThan(0.0025);
      }
    },
  );
});

describe('the share of a step', () => {
  it('confirms the weight it may well come from', () => {
    for (const found of [380, 400, 430]) {
      expect(splitProblem(at(40), split(found, 1000))).toBeUndefined();
    }
  });

  it('is nothing to go by before there were 100 requests, or without counters', () => {
    expect(splitProblem(at(40), split(0, 99))).toBeUndefined();
    expect(splitProblem(at(40), undefined)).toBeUndefined();
    expect(splitProblem(at(40), split(0, 100))).toMatch(/^0 % of 100 requests/);
  });

  it('is let pass when it is off by less than scrapes can be apart, however sure that is', () => {
    expect(isOff(split(38_000, 100_000), 40)).toBe(false);
    expect(isOff(split(35_000, 100_000), 40)).toBe(true);
    expect(isOff(split(45_000, 100_000), 40)).toBe(true);
  });

  it('that is off names the callers whose own share is off, the busiest first', () => {
    const callers = [
      { name: 'shop/cart', canary: 110, requests: 300 },
      { name: 'unknown', canary: 0, requests: 500 },
      { name: 'legacy/batch', canary: 0, requests: 700 },
      { name: 'shop/seldom', canary: 0, requests: 30 },
      { name: 'shop/rare', canary: 0, requests: 29 },
    ];
    expect(splitProblem(at(40), split(110, 1559, callers))).toBe(
      '7.1 % of 1559 requests of this step met the canary, its weight is 40 %; these callers go past its routes: legacy/batch (0 % of 700), callers without a sidecar (0 % of 500), shop/seldom (0 % of 30)',
    );
  });

  it('of connections speaks of those', () => {
    const overTcp = at(40, {}, { service: { port: 5432, appProtocol: 'tcp' } });
    expect(splitProblem(overTcp, split(0, 1520))).toBe(
      '0 % of 1520 connections of this step met the canary, its weight is 40 %',
    );
  });

  it('that is off for nobody in particular is told without names', () => {
    const sentence = splitProblem(at(40), split(0, 1520));
    expect(sentence).toBe('0 % of 1520 requests of this step met the canary, its weight is 40 %');
  });

  it('with very many callers names some', () => {
    const callers = Array.from({ length: 40 }, (_, i) => ({
      name: `shop/caller-${i}`,
      canary: 0,
      requests: 1000 - i,
    }));
    const sentence = splitProblem(at(40), split(0, 40_000, callers));
    expect(sentence).toMatch(/shop\/caller-4 \(0 % of 996\) and 35 more$/);
  });
});

describe('a weight is held against the share', () => {
  it.each([
    ['weights', at(40), 40],
    ['no weight yet', at(0), undefined],
    ['all traffic', at(100), undefined],
    ['blue-green', at(40, { iterations: 5 }), undefined],
    ['A/B testing', at(40, { iterations: 5, match: [A_HEADER] }), undefined],
    ['weights for some headers', at(40, { match: [A_HEADER] }), undefined],
    ['cookies', at(40, { sessionAffinity: { cookieName: 'c' } }), undefined],
    ['copies', at(40, { mirror: true }), undefined],
    ['no mesh', at(40, { iterations: 5 }, { provider: 'kubernetes' }), undefined],
    ['a delegate', at(40, {}, { service: { port: 80, delegation: true } }), undefined],
    ['a gateway', at(40, {}, { service: { port: 80, gateways: ['i/public'] } }), undefined],
    ['both', at(40, {}, { service: { port: 80, gateways: ['i/public', 'mesh'] } }), 40],
    [
      'routes of a user',
      at(40, {}, { routing: { virtualServiceRef: { name: 'front' }, routes: ['main'] } }),
      undefined,
    ],
  ])('where each request is drawn: %s', (_, canary, weight) => {
    expect(drawnWeight(canary)).toBe(weight);
  });
});

/** The chance of each count. */
function binomial(n: number, p: number): number[] {
  const logs = [n * Math.log(1 - p)];
  for (let k = 0; k < n; k += 1) {
    logs.push(logs[k]! + Math.log((n - k) / (k + 1)) + Math.log(p / (1 - p)));
  }
  return logs.map(Math.exp);
}
