import { describe, expect, it } from 'vitest';
import { mostByChance } from './by-chance.ts';

describe('the most that chance allows', () => {
  it.each([
    // With as many requests each and none bad on the other side, a number is half as likely as the
    // one before it: 2^-9 is above a thousandth, 2^-10 below it.
    [1000, { requests: 1000, bad: 0 }, 1, 9],
    [2, { requests: 2, bad: 0 }, 1, 2],
    // Half as much again is 3/5 of all: (3/5)^13 is above a thousandth, the next below it.
    [1000, { requests: 1000, bad: 0 }, 1.5, 13],
    [100, { requests: 10_000, bad: 100 }, 1, 5],
    [10_000, { requests: 10_000, bad: 100 }, 1, 149],
    // Nobody to compare with.
    [40, { requests: 0, bad: 0 }, 1.5, 40],
  ])('of %d requests beside %j, %d times as likely: %d', (canary, primary, ratio, most) => {
    expect(mostByChance(canary, primary, ratio)).toBe(most);
  });

  it('is the same by counting as by the curve, where one gives way to the other', () => {
    for (const [below, above] of [
      [1990, 2010],
      [1400, 1410],
    ] as const) {
      const of = (bad: number) => mostByChance(1e6, { requests: 1e6, bad }, 1);
      expect(of(above) / above).toBeCloseTo(of(below) / below, 2);
      expect(of(above)).toBeGreaterThan(of(below));
    }
  });

  it.each([
    [1e9, { requests: 1e9, bad: 5e6 }],
    [1e9, { requests: 1, bad: 0 }],
    [1, { requests: 1e9, bad: 1e9 }],
    [0.5, { requests: 0.25, bad: 0.125 }],
    [1e9, { requests: 1e9, bad: 0 }],
  ])('is a number for %d requests beside %j', (canary, primary) => {
    const most = mostByChance(canary, primary, 1.5);
    expect(most).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThanOrEqual(canary);
  });

  it('is exceeded once in a thousand by a canary that is as good', () => {
    // Every number of bad requests of either version that is not too rare, by its probability.
    const [canary, primary, share] = [100, 400, 0.05];
    const ours = binomial(canary, share);
    const theirs = binomial(primary, share);
    let wrong = 0;
    for (const [bad, likely] of theirs.entries()) {
      const most = mostByChance(canary, { requests: primary, bad }, 1);
      wrong += likely * ours.slice(most + 1).reduce((sum, one) => sum + one, 0);
    }
    expect(wrong).toBeLessThan(0.001);
    expect(wrong).toBeGreaterThan(0.0001);
  });
});

function binomial(size: number, share: number): number[] {
  const all = [(1 - share) ** size];
  for (let i = 0; i < size; i++) {
    all.push(((all[i] ?? 0) * (size - i) * share) / ((i + 1) * (1 - share)));
  }
  return all;
}
