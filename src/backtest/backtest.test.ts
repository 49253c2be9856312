import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aHistory, type Stretch } from '../../test/builders/history.ts';
import { backtestOf, type Subject } from './backtest.ts';
import { jsonDocument } from './document.ts';
import type { Policy } from './policy.ts';
import { terminalText } from './terminal.ts';

const SPAN = {
  from: '2026-11-21T09:00:00.000Z',
  to: '2026-11-21T10:00:00.000Z',
  store: 'Prometheus at http://prometheus:9090',
};
const METRICS = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
const canary = (analysis: object = {}) =>
  aCanary({
    analysis: {
      interval: '1m',
      threshold: 2,
      stepWeights: [10, 20, 30],
      metrics: METRICS,
      ...analysis,
    },
  });
const FLAGGER: Policy = { name: 'Flagger', rules: 'flagger', canary: canary() };
const LINNET: Policy = { name: 'Linnet', rules: 'linnet', canary: canary() };

const QUIET: Stretch = { edges: 20 };
function steps(more: Partial<Stretch>): Stretch[] {
  return [10, 20, 30].map((weight) => ({ edges: weight === 30 ? 6 : 4, weight, ...more }));
}
const BOTH_OUT = steps({ bad: 0.3, primaryBad: 0.3 });
const BROKEN = steps({ bad: 0.5 });

function subject(stretches: Stretch[], more: Partial<Subject> = {}): Subject {
  return {
    workload: { namespace: 'shop', name: 'checkout' },
    history: aHistory(stretches),
    policies: [FLAGGER, LINNET],
    notes: [],
    ...more,
  };
}

describe('a backtest', () => {
  it('has every rollout with each policy’s verdict, and their sum', () => {
    const told = backtestOf(SPAN, [
      subject([QUIET, ...steps({}), QUIET, ...BROKEN, QUIET, ...BOTH_OUT, QUIET]),
    ]);
    const [{ rollouts }] = told.workloads as [(typeof told.workloads)[0]];
    expect(
      rollouts.map(({ verdicts }) => verdicts.map(({ outcome, likely }) => [outcome, likely])),
    ).toEqual([
      [
        ['promote', undefined],
        ['promote', undefined],
      ],
      [
        ['rollback', undefined],
        ['rollback', undefined],
      ],
      [
        ['rollback', 'likely-false-alarm'],
        ['hold', undefined],
      ],
    ]);
    expect(told.totals).toEqual([
      {
        policy: 'Flagger',
        rollouts: 3,
        rollbacks: 2,
        promotions: 1,
        holds: 0,
        failedUntil: 576,
        spared: 90,
        letThrough: 0,
        falseAlarms: 1,
        sparedNobody: 54,
        misses: 0,
      },
      {
        policy: 'Linnet',
        rollouts: 3,
        rollbacks: 1,
        promotions: 1,
        holds: 1,
        failedUntil: expect.any(Number),
        spared: 405,
        letThrough: expect.any(Number),
        falseAlarms: 0,
        sparedNobody: 0,
        misses: 0,
      },
    ]);
    const [, linnet] = told.totals;
    expect(linnet!.failedUntil + linnet!.letThrough + linnet!.spared).toBeCloseTo(720, 6);
  });

  it('adds up over workloads', () => {
    const one = subject([QUIET, ...BROKEN, QUIET]);
    const other = { ...one, workload: { namespace: 'shop', name: 'cart' } };
    const [alone] = backtestOf(SPAN, [one]).totals;
    const [both] = backtestOf(SPAN, [one, other]).totals;
    expect(both).toMatchObject({
      rollbacks: 2,
      failedUntil: 2 * alone!.failedUntil,
      spared: 2 * alone!.spared,
    });
  });

  it.each<[string, Partial<Subject> | Stretch[], RegExp]>([
    ['no version change', [QUIET], /^No version change is in this history\.$/],
    ['an adopted workload', [{ edges: 9, weight: 100 }], /had requests and its primary none/],
    ['a curl', [QUIET, { edges: 1, weight: 1 }, QUIET], /a handful of requests/],
    [
      'requests that all failed',
      [{ ...QUIET, primaryBad: 1 }],
      /^All \d+ requests of both versions failed: .* label response_code/,
    ],
    ['a rollout that had begun', [...BROKEN, QUIET], /had begun when its samples begin/],
    [
      'samples that end',
      [QUIET, ...BROKEN, { edges: 50, isGap: true }],
      /samples of both versions are missing/,
    ],
    [
      'metrics that the counters do not hold',
      { policies: [{ ...LINNET, canary: canary({ metrics: [{ name: 'own', query: 'x' }] }) }] },
      /^Linnet: not replayed, and counted as passed: own,/,
    ],
    [
      'webhooks',
      {
        policies: [{ ...FLAGGER, canary: canary({ webhooks: [{ name: 'a', url: 'http://a' }] }) }],
      },
      /^Flagger: its webhooks are not called\.$/,
    ],
    [
      'no guard',
      { policies: [{ ...LINNET, canary: canary({ guard: { enabled: false } }) }] },
      /^Linnet: no guard, because it is switched off\.$/,
    ],
    [
      'versions with other callers',
      { policies: [{ ...LINNET, canary: canary({ stepWeights: undefined, iterations: 5 }) }] },
      /^Linnet: no guard, because the canary gets no share/,
    ],
    ['what reading said', { notes: ['The store was slow.'] }, /^The store was slow\.$/],
  ])('says so of %s', (_, given, sentence) => {
    const stretches = Array.isArray(given) ? given : [QUIET];
    const told = backtestOf(SPAN, [subject(stretches, Array.isArray(given) ? {} : given)]);
    expect(told.workloads[0]?.notes).toContainEqual(expect.stringMatching(sentence));
  });
});

describe('shown', () => {
  const told = backtestOf(SPAN, [subject([QUIET, ...BROKEN, QUIET, ...BOTH_OUT, QUIET])]);
  const text = (of = told) => stripVTControlCharacters(terminalText(of)).split('\n');

  it('in a terminal: rollouts, verdicts side by side, why, and the sum', () => {
    const lines = text();
    expect(lines[0]).toBe(
      '2026-11-21 09:00 to 2026-11-21 10:00 UTC, as Prometheus at http://prometheus:9090 has it',
    );
    expect(lines).toContain('shop/checkout  2 rollouts');
    expect(lines).toContain('  2026-11-21 09:05:00 to 09:08:30  weights 10 → 20 → 30 %');
    expect(lines).toContain('  failed: canary 450/900 (50%), primary 0/3300 (0%)');
    expect(lines.filter((line) => /^ {4}(Flagger|Linnet)/.test(line))).toEqual([
      '    Flagger  rolls back  09:08:00  3m     360           90',
      '    Linnet   rolls back  09:05:45  45s    45            405',
      '    Flagger  rolls back  09:16:30  3m     216           54            likely false alarm',
      expect.stringMatching(/^ {4}Linnet {3}holds {7}09:14:45 {2}1m15s/),
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {6}guard: 5xx .*; evidence .* after 30 s$/),
    );
    const head = lines.findIndex((line) => line === 'In all');
    expect(lines[head + 1]).toMatch(/^ {2}POLICY +ROLLOUTS +ROLLBACKS .* MISSES$/);
    expect(lines[head + 2]).toMatch(/^ {2}Flagger +2 +2 +0 +0 +576 +90 +0 +1 +54 +0$/);
    expect(lines.slice(-told.caveats.length)).toEqual(told.caveats);
  });

  it('without what would steer the terminal', () => {
    const workload = { namespace: 'shop', name: 'check\u001B[2Jout' };
    const lines = terminalText(backtestOf(SPAN, [subject([QUIET], { workload })]));
    expect(lines).not.toContain('\u001B[2J');
    expect(lines).toContain('check\uFFFD[2Jout');
  });

  it('many weights by the first and the last', () => {
    const weights = Array.from({ length: 10 }, (_, i) => ({ edges: 8, weight: 10 * (i + 1) }));
    const many = backtestOf(SPAN, [subject([QUIET, ...weights, QUIET])]);
    expect(text(many)).toContainEqual(
      expect.stringContaining('weights 10 → 20 → 30 → 40 → … → 90 → 100 %'),
    );
  });

  it('as one JSON document', () => {
    expect(JSON.parse(jsonDocument(told))).toEqual({
      apiVersion: 'linnet.dev/v1beta1',
      kind: 'Backtest',
      ...JSON.parse(JSON.stringify(told)),
    });
  });
});
