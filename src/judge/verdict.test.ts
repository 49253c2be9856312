import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aStatus } from '../../test/builders/workload-objects.ts';
import type { Measurement } from '../ports/telemetry.ts';
import { checksOf } from './checks.ts';
import { judge } from './verdict.ts';

const SUCCESS = { name: 'request-success-rate', thresholdRange: { min: 99 } };
const DURATION = { name: 'request-duration', thresholdRange: { max: 500 } };
const FREE = { name: '404s percentage', query: 'x', thresholdRange: { max: 5 } };

function rate(canary: [number, number], primary: [number, number]): Measurement {
  const of = ([requests, bad]: [number, number]) => ({ requests, bad });
  const value = 100 * (1 - canary[1] / canary[0]);
  return { kind: 'value', value, counts: { canary: of(canary), primary: of(primary) } };
}

const value = (number: number, primary?: Measurement): Measurement =>
  primary === undefined
    ? { kind: 'value', value: number }
    : { kind: 'value', value: number, primary };
const noData = (why: string): Measurement => ({ kind: 'no-data', why });
const outage = (why: string): Measurement => ({ kind: 'error', why, outage: true });

type Named = Record<string, Measurement>;

/** Whatever is not named was not measured. */
function verdict(metrics: object[], measured: Named) {
  const canary = aCanary({ analysis: { metrics } });
  const known = canary.spec.analysis.metrics.map(({ name }) => measured[name]);
  return judge(canary, { measured: known as Measurement[], split: undefined });
}

describe('the line', () => {
  const nobody = 'no requests reached checkout in the last 30s';
  const cases: [string, object[], Record<string, Measurement>, string][] = [
    [
      'names the failing check with the counts of both versions',
      [SUCCESS, DURATION],
      { 'request-success-rate': rate([240, 14], [4560, 3]), 'request-duration': value(210) },
      'FAIL: request-success-rate 94.2 % (14 of 240 failed) < 99 %; primary 99.9 % (3 of 4560 failed)',
    ],
    [
      'names every check that passed',
      [SUCCESS, DURATION],
      { 'request-success-rate': rate([240, 1], [4560, 3]), 'request-duration': value(210.4) },
      'PASS: request-success-rate 99.6 % (1 of 240 failed) >= 99 %, request-duration 210 ms <= 500 ms; primary 99.9 % (3 of 4560 failed)',
    ],
    [
      'says it once when two metrics lack the same evidence',
      [SUCCESS, DURATION],
      { 'request-success-rate': noData(nobody), 'request-duration': noData(nobody) },
      `HOLD: ${nobody}`,
    ],
    [
      'fails in spite of a hold: one metric that fails is enough',
      [SUCCESS, DURATION],
      { 'request-success-rate': rate([10, 10], [90, 0]), 'request-duration': noData(nobody) },
      'FAIL: request-success-rate 0 % (10 of 10 failed) < 99 %; primary 100 % (0 of 90 failed)',
    ],
    [
      'never rounds a value over its bound',
      [SUCCESS],
      { 'request-success-rate': rate([10_000, 104], [0, 0]) },
      'FAIL: request-success-rate 98.96 % (104 of 10000 failed) < 99 %; primary had no requests',
    ],
    [
      'never rounds a failure away',
      [SUCCESS],
      { 'request-success-rate': rate([40_000, 1], [0, 0]) },
      'PASS: request-success-rate 99.997 % (1 of 40000 failed) >= 99 %; primary had no requests',
    ],
    [
      'names the upper bound that a free metric exceeds',
      [FREE],
      { '404s percentage': value(5.0001) },
      'FAIL: 404s percentage 5.0001 > 5',
    ],
    ['says that nothing decides', [], {}, 'PASS: no metric of the analysis decides'],
    ['holds what nobody measured', [FREE], {}, 'HOLD: 404s percentage was not measured'],
  ];
  it.each(cases)('%s', (_name, metrics, measured, line) => {
    const judged = verdict(metrics, measured);
    expect(judged.line).toBe(line);
    expect(judged.line.toLowerCase()).toContain(judged.outcome);
  });

  it('fits into the status, however many metrics there are', () => {
    const metrics = Array.from({ length: 64 }, (_, i) => ({ ...FREE, name: `metric ${i}` }));
    const measured = metrics.map(({ name }) => [name, outage('x'.repeat(400) + name)] as const);
    expect(verdict(metrics, Object.fromEntries(measured)).line.length).toBeLessThanOrEqual(1024);
  });
});

describe('a check', () => {
  it('shows what was measured and what is allowed, with units', () => {
    const measured = [rate([240, 14], [4560, 3])];
    expect(checksOf(aCanary({ analysis: { metrics: [SUCCESS] } }), measured)).toEqual([
      {
        name: 'request-success-rate',
        measured: '94.2 % (226 of 240)',
        allowed: '>= 99 %',
        outcome: 'fail',
      },
    ]);
  });

  it('is made of each of two metrics with one name, by what was measured of it', () => {
    const metrics = [DURATION, { ...DURATION, interval: '10m', thresholdRange: { max: 300 } }];
    const measured = [value(400), value(350)];
    expect(judge(aCanary({ analysis: { metrics } }), { measured, split: undefined })).toMatchObject(
      {
        outcome: 'fail',
        checks: [
          { measured: '400 ms', allowed: '<= 500 ms', outcome: 'pass' },
          { measured: '350 ms', allowed: '<= 300 ms', outcome: 'fail' },
        ],
        line: 'FAIL: request-duration 350 ms > 300 ms',
      },
    );
  });

  const bounds: [object, number, 'pass' | 'fail', string][] = [
    [{ thresholdRange: { min: 1, max: 5 } }, 5, 'pass', '>= 1 and <= 5'],
    [{ thresholdRange: { min: 1, max: 5 } }, 0.5, 'fail', '>= 1 and <= 5'],
    [{ thresholdRange: { max: 0 } }, 0, 'pass', '<= 0'],
    [{ threshold: 5 }, 5.1, 'fail', '<= 5'],
    [{ threshold: 5 }, 4, 'pass', '<= 5'],
    // As in Flagger, whoever names no bound allows nothing.
    [{}, 0.1, 'fail', '<= 0'],
  ];
  it.each(bounds)('%j holds %d: %s', (range, measured, outcome, allowed) => {
    const metric = { name: 'free', query: 'x', ...range };
    const [check] = verdict([metric], { free: value(measured) }).checks;
    expect(check).toMatchObject({ outcome, allowed });
  });

  it('takes `threshold` of a success rate as the least, as Flagger does', () => {
    const metric = { name: 'request-success-rate', threshold: 99 };
    const [check] = verdict([metric], { 'request-success-rate': value(98) }).checks;
    expect(check).toMatchObject({ outcome: 'fail', allowed: '>= 99 %' });
  });

  it.each(['hold', 'fail', 'pass'] as const)('without data follows onNoData: %s', (policy) => {
    const judged = verdict([{ ...FREE, onNoData: policy }], {
      [FREE.name]: noData('the query has no result'),
    });
    expect(judged.outcome).toBe(policy);
    expect(judged.checks[0]).toMatchObject({
      outcome: policy,
      message: 'the query has no result',
      allowed: '<= 5',
    });
  });

  it.each(['hold', 'fail', 'pass'] as const)(
    'in an outage holds, onNoData: %s or not',
    (policy) => {
      const judged = verdict([{ ...FREE, onNoData: policy }], {
        [FREE.name]: outage('Prometheus did not answer'),
      });
      expect(judged).toMatchObject({ outcome: 'hold', line: 'HOLD: Prometheus did not answer' });
    },
  );

  it.each([
    [value(99), 'dry run: would fail'],
    [value(1), 'dry run: passes'],
    [noData('no result'), 'dry run: would hold: no result'],
    [outage('no answer'), 'dry run: would hold: no answer'],
  ])('in a dry run never decides: %j', (measured, message) => {
    const judged = verdict([{ ...FREE, dryRun: true }, SUCCESS], {
      [FREE.name]: measured,
      'request-success-rate': rate([100, 0], [100, 0]),
    });
    expect(judged.outcome).toBe('pass');
    expect(judged.checks[0]).toMatchObject({ outcome: 'pass', message });
    expect(judged.line).not.toContain(FREE.name);
  });
});

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

it('never advances on missing evidence, and never blames the canary for it', () => {
  const missing = fc.oneof(fc.constant(noData('none')), fc.constant(outage('none')));
  fc.assert(
    fc.property(fc.array(missing, { minLength: 1, maxLength: 5 }), (measurements) => {
      const metrics = measurements.map((_, i) => ({ ...FREE, name: `m${i}` }));
      const measured = Object.fromEntries(measurements.map((m, i) => [`m${i}`, m]));
      expect(verdict(metrics, measured).outcome).toBe('hold');
    }),
  );
});

describe('a share that does not confirm the weight', () => {
  const status = aStatus({ phase: 'Progressing', step: { index: 1, weight: 40 } });
  const canary = aCanary({ analysis: { metrics: [SUCCESS] }, status });
  const split = {
    canary: 0,
    requests: 500,
    callers: [{ name: 'unknown', canary: 0, requests: 500 }],
  };

  it('holds what passed, and keeps the checks', () => {
    const measured = [rate([240, 0], [4560, 3])];
    expect(judge(canary, { measured, split })).toMatchObject({
      outcome: 'hold',
      checks: [{ outcome: 'pass' }],
      line: 'HOLD: 0 % of 500 requests of this step met the canary, its weight is 40 %; these callers go past its routes: callers without a sidecar (0 % of 500)',
    });
    expect(judge(canary, { measured, split: { ...split, canary: 200 } }).outcome).toBe('pass');
  });

  it('keeps nothing that failed from failing', () => {
    expect(judge(canary, { measured: [rate([240, 14], [4560, 3])], split }).outcome).toBe('fail');
  });
});
