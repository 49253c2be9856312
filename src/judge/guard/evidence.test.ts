import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  absoluteLog,
  accumulate,
  comparedLog,
  convictingScore,
  type Counts,
  innocent,
  type Weighing,
} from './evidence.ts';

const DEFAULT: Weighing = { ratios: [1.3, 2, 5, 20, 100], cap: 4, floor: 5, icc: 0.005 };
const RAW: Weighing = { ...DEFAULT, cap: Infinity, icc: 0 };
const ERRORS = { ratio: 1.25, difference: 0.002 };

const counts = (requests: number, bad: number): Counts => ({ requests, bad });

type Vector = [nc: number, xc: number, np: number, xp: number, logs: number[]];

function compared([nc, xc, np, xp]: Vector, weighing: Weighing): number[] {
  return weighing.ratios.map((ratio) =>
    comparedLog(counts(nc, xc), counts(np, xp), ERRORS, ratio, weighing),
  );
}

/** Six decimals, as the vectors have them. */
function digits(logs: readonly number[]): string[] {
  return logs.map((log) => log.toFixed(6));
}

describe('the evidence of a block', () => {
  const none = [0, 0, 0, 0, 0];
  const raw: Vector[] = [
    [100, 0, 900, 0, [-0.051742, -0.1657, -0.572115, -1.726679, -3.701609]],
    [100, 1, 900, 1, [0.138758, 0.297309, 0.24272, -1.129113, -4.237563]],
    [100, 5, 900, 1, [1.044487, 2.60962, 5.091264, 6.057485, 3.900869]],
    [100, 50, 900, 450, [-4.899533, -23.043006, -118.751118, -451.481475, -1058.724147]],
    [12.5, 1.5, 237.5, 0.25, [0.354463, 0.912138, 1.944127, 2.840644, 2.729423]],
    [0, 0, 900, 1, none],
    [50, 2, 0, 0, none],
  ];
  it.each(raw)('is, without cap and deflation, for %d, %d, %d, %d: %j', (...vector) => {
    expect(digits(compared(vector, RAW))).toEqual(digits(vector[4]));
  });

  const capped: Vector[] = [
    [1000, 50, 9000, 9, [0.914861, 2.099903, 3.516148, 3.927222, 3.431534]],
    [10, 10, 990, 1, [2.311526, 4, 4, 4, 4]],
  ];
  it.each(capped)('is, with the defaults, for %d, %d, %d, %d: %j', (...vector) => {
    expect(digits(compared(vector, DEFAULT))).toEqual(digits(vector[4]));
  });

  const known: [number, number, number[]][] = [
    [100, 5, [0.676804, 1.649322, 2.70715, -2.689859, -50.818829]],
    [20, 20, [4, 4, 4, 4, 4]],
  ];
  it.each(known)('is, against an SLO of 99 %%, for %d, %d: %j', (requests, bad, logs) => {
    const found = DEFAULT.ratios.map((ratio) =>
      absoluteLog(counts(requests, bad), 0.01, ratio, DEFAULT),
    );
    expect(digits(found)).toEqual(digits(logs));
  });

  it('against a primary of infinite traffic is that against a known rate', () => {
    const near = comparedLog(counts(100, 5), counts(1e9, 1e6), ERRORS, 5, RAW);
    const limit = absoluteLog(counts(100, 5), 0.00325, 5, RAW);
    expect(digits([near, limit])).toEqual(['6.747188', '6.747190']);
  });

  it('is an e-value on the line of what is allowed: its mean does not exceed 1', () => {
    expect(meanOf({ nc: 3, np: 10, pc: 0.027, pp: 0.02, ratio: 5 }).toFixed(6)).toBe('0.993951');
  });
});

describe('the line that convicts', () => {
  const lines: [number, number, string][] = [
    [0.01, 1, '6.215'],
    [0.05, 1, '4.605'],
    [0.001, 1, '8.517'],
    [0.01, 4, '7.601'],
  ];
  it.each(lines)('for an alpha of %d and %d bounds is %s', (alpha, bounds, line) => {
    expect(convictingScore(DEFAULT, alpha, bounds).toFixed(3)).toBe(line);
  });
});

describe('scores', () => {
  it('fall no further than one block below the floor', () => {
    const scores = [1, 2, 3].reduce((before) => accumulate(before, DEFAULT, () => -100), [0]);
    expect(scores).toEqual([-105, -105, -105, -105, -105]);
    expect(accumulate(scores, DEFAULT, () => 1)).toEqual([-4, -4, -4, -4, -4]);
  });
});

describe('laws of evidence', () => {
  const rate = fc.double({ min: 0, max: 0.6, noNaN: true });
  const few = fc.integer({ min: 1, max: 9 });
  const ratio = fc.constantFrom(...DEFAULT.ratios);
  const tolerance = fc.record({
    ratio: fc.double({ min: 1, max: 5, noNaN: true }),
    difference: fc.double({ min: 0, max: 0.2, noNaN: true }),
  });
  const weighing = fc.constantFrom(RAW, DEFAULT, { ...DEFAULT, icc: 0.3 }, { ...RAW, cap: 1 });

  it('its mean is at most 1 for every canary within tolerance, whatever the primary’s rate', () => {
    fc.assert(
      fc.property(few, few, rate, ratio, tolerance, weighing, (nc, np, pp, r, allowed, how) => {
        const pc = Math.min(1, allowed.ratio * pp + allowed.difference);
        const mean = meanOf({ nc, np, pc, pp, ratio: r, allowed, how });
        expect(mean).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  const many = fc.oneof(
    fc.integer({ min: 0, max: 1000 }),
    fc.double({ min: 0, max: 1e9, noNaN: true }),
    fc.constantFrom(0, 1, 1e9),
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const version = fc.tuple(many, share).map(([n, p]) => counts(n, n * p));

  it('is a finite number for every count from 0 to a billion', () => {
    fc.assert(
      fc.property(version, version, ratio, weighing, (canary, primary, r, how) => {
        const log = comparedLog(canary, primary, ERRORS, r, how);
        const known = absoluteLog(canary, 0.01, r, how);
        for (const one of [log, known]) {
          expect(Number.isFinite(one)).toBe(true);
          expect(one).toBeLessThanOrEqual(how.cap);
        }
      }),
    );
  });

  it('rises with the canary’s failures and falls with the primary’s', () => {
    fc.assert(
      fc.property(version, version, share, ratio, weighing, (canary, primary, more, r, how) => {
        const log = comparedLog(canary, primary, ERRORS, r, how);
        const worse = (of: Counts) => counts(of.requests, of.bad + more * (of.requests - of.bad));
        const slack = 1e-9 * (1 + Math.abs(log));
        const guiltier = comparedLog(worse(canary), primary, ERRORS, r, how);
        const excused = comparedLog(canary, worse(primary), ERRORS, r, how);
        expect(guiltier).toBeGreaterThanOrEqual(log - slack);
        expect(excused).toBeLessThanOrEqual(log + slack);
      }),
    );
  });

  it('starts below nothing, so that all ratios together are wrong no more often than one', () => {
    expect(innocent(DEFAULT)).toEqual(DEFAULT.ratios.map(() => -Math.LN2));
  });
});

interface Case {
  nc: number;
  np: number;
  /** Error rates. */
  pc: number;
  pp: number;
  ratio: number;
  allowed?: { ratio: number; difference: number };
  how?: Weighing;
}

/** Of the e-value, over all that independent requests can do. */
function meanOf({ nc, np, pc, pp, ratio, allowed = ERRORS, how = RAW }: Case): number {
  let mean = 0;
  for (let xc = 0; xc <= nc; xc++) {
    for (let xp = 0; xp <= np; xp++) {
      const log = comparedLog(counts(nc, xc), counts(np, xp), allowed, ratio, how);
      mean += binomial(nc, xc, pc) * binomial(np, xp, pp) * Math.exp(log);
    }
  }
  return mean;
}

function binomial(n: number, k: number, p: number): number {
  let ways = 1;
  for (let i = 0; i < k; i++) ways = (ways * (n - i)) / (i + 1);
  return ways * p ** k * (1 - p) ** (n - k);
}
