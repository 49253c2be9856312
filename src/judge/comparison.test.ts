import { describe, expect, it } from 'vitest';
import { noData, outage, value, verdict } from '../../test/builders/judged.ts';
import type { Measurement } from '../ports/telemetry.ts';

const SUCCESS = { name: 'request-success-rate', thresholdRange: { min: 99 } };

describe('comparing with the primary', () => {
  const compare = (bounds: object) => ({ name: 'free', query: 'x', compareToPrimary: bounds });

  it.each([
    [{ maxRatio: 1.5 }, 150, 100, 'pass'],
    [{ maxRatio: 1.5 }, 151, 100, 'fail'],
    [{ maxDifference: 10 }, 110, 100, 'pass'],
    [{ maxDifference: 10 }, 111, 100, 'fail'],
    [{ maxRatio: 2, maxDifference: 10 }, 111, 100, 'fail'],
    [{ maxRatio: 1.1, maxDifference: 50 }, 120, 100, 'fail'],
    [{ maxRatio: 2 }, 0, 0, 'pass'],
    [{ maxDifference: 2 }, -3, 1, 'pass'],
    [{ minRatio: 0.5 }, 49, 100, 'fail'],
    [{ minRatio: 0.5, maxRatio: 2 }, 201, 100, 'fail'],
  ])('%j: %d beside %d: %s', (bounds, canary, primary, outcome) => {
    const judged = verdict([compare(bounds)], { free: value(canary, value(primary)) });
    expect(judged.outcome).toBe(outcome);
  });

  it('says by how much', () => {
    const judged = verdict([compare({ maxRatio: 1.5 })], { free: value(151, value(100)) });
    expect(judged.line).toBe('FAIL: free 151 > 150 beside the primary’s 100');
    expect(judged.checks[0]?.allowed).toBe('<= 150 beside the primary’s 100');
  });

  it('compares failures, not successes', () => {
    const metric = { ...SUCCESS, thresholdRange: { min: 90 }, compareToPrimary: { maxRatio: 2 } };
    const judged = verdict([metric], { 'request-success-rate': value(97, value(99)) });
    expect(judged.line).toBe(
      'FAIL: request-success-rate 97 %, failures 3 % > 2 % beside the primary’s 1 %',
    );
  });

  it.each([
    [noData('no requests'), 'hold', undefined],
    [noData('no requests'), 'fail', 'fail'],
    [noData('no requests'), 'pass', 'pass'],
    [outage('no answer'), 'hold', 'pass'],
    [undefined, 'hold', 'fail'],
  ] as const)('without the primary’s number (%j): %s', (primary, outcome, onNoData) => {
    const metric = {
      ...compare({ maxRatio: 2 }),
      ...(onNoData === undefined ? {} : { onNoData }),
    };
    expect(verdict([metric], { free: value(1, primary) }).outcome).toBe(outcome);
  });

  it('still holds the canary to its own range', () => {
    const metric = { ...compare({ maxRatio: 2 }), thresholdRange: { max: 5 } };
    const judged = verdict([metric], { free: value(6, noData('no requests')) });
    expect(judged).toMatchObject({ outcome: 'fail', line: 'FAIL: free 6 > 5' });
  });
});

describe('a share of its own, when nothing else bounds it', () => {
  const REFUSED = { name: 'request-4xx-rate' };
  const share = (canary: [number, number], primary: [number, number]): Measurement => {
    const of = ([requests, bad]: [number, number]) => ({ requests, bad });
    const percent = ([requests, bad]: [number, number]) => (100 * bad) / requests;
    const counts = { canary: of(canary), primary: of(primary) };
    return { kind: 'value', value: percent(canary), primary: value(percent(primary)), counts };
  };
  const judged = (...of: [[number, number], [number, number]]) =>
    verdict([REFUSED], { [REFUSED.name]: share(...of) });

  it('fails where it is above the primary’s by more than chance', () => {
    const { line, checks } = judged([240, 48], [4560, 91]);
    expect(line).toBe(
      'FAIL: request-4xx-rate 20 % (48 of 240 answered 4xx) > 7.08 % beside the primary’s 2 % (91 of 4560 answered 4xx)',
    );
    expect(checks).toEqual([
      {
        name: 'request-4xx-rate',
        measured: '20 % (48 of 240 answered 4xx)',
        allowed: '<= 7.08 % beside the primary’s 2 %',
        outcome: 'fail',
      },
    ]);
  });

  it.each([
    ['by what chance makes of few requests', [20, 2], [180, 0], 'pass'],
    ['by what chance never makes', [20, 8], [180, 0], 'fail'],
    ['by less than a point of percent, however sure that is', [100_000, 900], [100_000, 0], 'pass'],
    ['as much as the primary', [1000, 300], [1000, 300], 'pass'],
    ['by less than half as much again', [10_000, 1400], [10_000, 1000], 'pass'],
    ['by twice as much', [10_000, 2000], [10_000, 1000], 'fail'],
    ['all of it, like the primary’s', [100, 100], [100, 100], 'pass'],
  ] as const)('is above the primary’s %s: %3$s', (_name, canary, primary, outcome) => {
    expect(judged([...canary], [...primary]).outcome).toBe(outcome);
  });

  it('is held to a bound that somebody named instead', () => {
    const measured = { [REFUSED.name]: share([240, 48], [4560, 91]) };
    const of = (bounds: object) => verdict([{ ...REFUSED, ...bounds }], measured).line;
    expect(of({ thresholdRange: { max: 25 } })).toBe(
      'PASS: request-4xx-rate 20 % (48 of 240 answered 4xx) <= 25 %',
    );
    expect(of({ compareToPrimary: { maxRatio: 2 } })).toMatch(/> 3.99 % beside the primary’s 2 %/);
  });

  it('does without chance where nobody counted', () => {
    const measured = { [REFUSED.name]: value(4, value(2)) };
    expect(verdict([REFUSED], measured).line).toBe(
      'FAIL: request-4xx-rate 4 % > 3 % beside the primary’s 2 %',
    );
  });

  it('of a query of one’s own has no default', () => {
    const own = verdict([{ ...REFUSED, query: 'x' }], { [REFUSED.name]: value(4) });
    expect(own.line).toBe('FAIL: request-4xx-rate 4 % > 0 %');
  });
});

describe('the size of responses', () => {
  const SIZE = { name: 'response-size' };
  const sizes = (bad: [canary: number, primary: number]): Measurement => ({
    kind: 'value',
    value: 131,
    primary: value(820),
    shift: {
      side: 'at most',
      bound: 10,
      primaryBound: 25,
      counts: {
        canary: { requests: 240, bad: bad[0] },
        primary: { requests: 4560, bad: bad[1] },
      },
    },
  });

  it('fails a canary of which more are empty than chance makes', () => {
    const judged = verdict([SIZE], { [SIZE.name]: sizes([60, 10]) });
    expect(judged.line).toBe(
      'FAIL: response-size 131 B, 25 % of 240 at most 10 B > 5.22 % beside the primary’s 0.219 % of 4560 at most 25 B',
    );
    expect(judged.checks[0]).toEqual({
      name: 'response-size',
      measured: '131 B',
      allowed: 'at most 10 B <= 5.22 % beside the primary’s 0.219 % of 4560 at most 25 B',
      outcome: 'fail',
    });
    expect(verdict([SIZE], { [SIZE.name]: sizes([10, 10]) }).outcome).toBe('pass');
  });

  it.each([
    [{ minRatio: 0.5 }, 'FAIL: response-size 131 B < 410 B beside the primary’s 820 B'],
    [{ minRatio: 0.1 }, 'PASS: response-size 131 B >= 82 B beside the primary’s 820 B'],
    [
      { minRatio: 0.1, maxRatio: 2 },
      'PASS: response-size 131 B <= 1640 B beside the primary’s 820 B',
    ],
    [{ maxRatio: 0.1 }, 'FAIL: response-size 131 B > 82 B beside the primary’s 820 B'],
  ])('is held to %j where that was asked', (compareToPrimary, line) => {
    const judged = verdict([{ ...SIZE, compareToPrimary }], { [SIZE.name]: sizes([60, 10]) });
    expect(judged.line).toBe(line);
  });
});

describe('saturation', () => {
  it.each([
    [{ name: 'memory-utilization' }, 97.2, 'FAIL: memory-utilization 97.2 % > 90 %'],
    [{ name: 'cpu-throttling' }, 3, 'PASS: cpu-throttling 3 % <= 25 %'],
    [{ name: 'container-restarts' }, 1, 'FAIL: container-restarts 1 > 0'],
    [{ name: 'cpu-utilization', threshold: 50 }, 60, 'FAIL: cpu-utilization 60 % > 50 %'],
  ])('%j at %d: %s', (metric, measured, line) => {
    expect(verdict([metric], { [metric.name]: value(measured) }).line).toBe(line);
  });

  it('that nobody measures says so, and holds nobody who did not ask', () => {
    const metric = { name: 'memory-utilization' };
    const missing = { [metric.name]: noData('memory-utilization is not known') };
    expect(verdict([metric], missing)).toMatchObject({
      outcome: 'pass',
      line: 'PASS: memory-utilization is not known',
      checks: [{ outcome: 'pass', message: 'memory-utilization is not known' }],
    });
    expect(verdict([{ ...metric, onNoData: 'hold' }], missing).outcome).toBe('hold');
    expect(verdict([metric], { [metric.name]: outage('no answer') }).outcome).toBe('hold');
  });
});
