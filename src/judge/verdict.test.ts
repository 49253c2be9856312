import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { noData, outage, rate, value, verdict } from '../../test/builders/judged.ts';
import { aStatus } from '../../test/builders/workload-objects.ts';
import type { Measurement } from '../ports/telemetry.ts';
import { checksOf } from './checks.ts';
import { judge } from './verdict.ts';

const SUCCESS = { name: 'request-success-rate', thresholdRange: { min: 99 } };
const DURATION = { name: 'request-duration', thresholdRange: { max: 500 } };
const FREE = { name: '404s percentage', query: 'x', thresholdRange: { max: 5 } };

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
        measured: '94.2 % (226 of 240 succeeded)',
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
