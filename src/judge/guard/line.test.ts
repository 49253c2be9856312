import { describe, expect, it } from 'vitest';
import { aBlock, parametersOf, stateAfter } from '../../../test/builders/guard.ts';
import { isConviction, lineOf } from './line.ts';
import { type Hold, rule } from './ruling.ts';
import type { Accusation } from './state.ts';

const parameters = parametersOf();

const counts = (bad: number, requests: number) => ({ requests, bad });

function accused(changes: Partial<Accusation>): Accusation {
  const [canary, primary] = [counts(12, 240), counts(3, 4560)];
  const evidence = { score: 7.3, line: 6.2146, since: 5000, at: 30_000 };
  return { signal: 'errors', ...evidence, canary, primary, ...changes };
}

describe('a rollback', () => {
  const cases: [string, Partial<Accusation>, string][] = [
    [
      'names both versions’ failures, what is allowed and the evidence',
      {},
      '5xx 12/240 (5.0%) vs primary 3/4560 (0.07%), allowed 0.28%; evidence 7.3 >= 6.2 after 25 s',
    ],
    [
      'names the bound at which the canary is slower',
      { signal: 'latency', bound: 250, canary: counts(31, 100), primary: counts(90, 900) },
      '31% of canary requests slower than 250 ms vs 10%, allowed 13.5%; evidence 7.3 >= 6.2 after 25 s',
    ],
    [
      'names what the SLO allows',
      { signal: 'slo', at: 605_000 },
      '5xx 12/240 (5.0%), allowed 1.0% by the SLO; evidence 7.3 >= 6.2 after 10m',
    ],
    [
      'rounds nothing to nothing or to all',
      { canary: counts(9999, 10_000), primary: counts(1, 1e6) },
      '5xx 9999/10000 (99.9%) vs primary 1/1000000 (0.0001%), allowed 0.20%; evidence 7.3 >= 6.2 after 25 s',
    ],
    [
      'says so when all fails, and nothing does',
      { canary: counts(7, 7), primary: counts(0, 250) },
      '5xx 7/7 (100%) vs primary 0/250 (0%), allowed 0.20%; evidence 7.3 >= 6.2 after 25 s',
    ],
    [
      'counts whole requests where a store has fractions',
      { canary: counts(11.6, 240.2), primary: counts(0, 0) },
      '5xx 12/240 (4.8%) vs primary 0/0 (0%), allowed 0.20%; evidence 7.3 >= 6.2 after 25 s',
    ],
  ];
  it.each(cases)('%s', (_name, changes, text) => {
    const accusation = accused(changes);
    expect(lineOf({ outcome: 'rollback', accusation }, parameters)).toBe(`ROLLBACK: ${text}`);
    expect([`ROLLBACK: ${text}`, text].map(isConviction)).toEqual([true, false]);
  });

  it('tells what a real one was made of', () => {
    const seen: [number, number, number, number][] = [
      [3, 0, 247, 0],
      [2, 1, 248, 0],
      [3, 3, 247, 1],
    ];
    const state = stateAfter(seen.map((block, i) => aBlock(i, block)));
    expect(lineOf(rule(state, parameters), parameters)).toBe(
      'ROLLBACK: 5xx 4/5 (80%) vs primary 1/495 (0.20%), allowed 0.45%; evidence 6.3 >= 6.2 after 10 s',
    );
  });
});

describe('a hold', () => {
  const cases: [Hold, string][] = [
    [
      { reason: 'primary-out', primary: counts(41, 1000) },
      'primary is out of SLO itself (4.1% errors) - shared outage',
    ],
    [
      { reason: 'few-requests', served: 7, needed: 20 },
      '7/20 canary requests; 13 missing in this step: wait, make some with a load-test webhook, or lower spec.analysis.guard.minRequests',
    ],
    [
      { reason: 'no-traffic', expected: 25.2 },
      'no traffic reaches the canary: 0 of about 25 expected requests',
    ],
    [
      { reason: 'no-samples', missing: ['canary', 'primary'] },
      'no new samples of the canary and the primary arrive in the metrics store',
    ],
    [
      { reason: 'suspicion', accusation: accused({ score: 3.1 }) },
      'suspicion: 5xx 12/240 (5.0%) vs primary 3/4560 (0.07%), allowed 0.28%; evidence 3.1 of 6.2 after 25 s',
    ],
  ];
  it.each(cases)('for %j says why', (why, text) => {
    expect(lineOf({ outcome: 'hold', why }, parameters)).toBe(`HOLD: ${text}`);
    expect(isConviction(`HOLD: ${text}`)).toBe(false);
  });
});

describe('of connections', () => {
  it.each<[Hold, string]>([
    [
      { reason: 'suspicion', accusation: accused({ score: 3.1 }) },
      'suspicion: failed connections 12/240 (5.0%) vs primary 3/4560 (0.07%), allowed 0.28%; evidence 3.1 of 6.2 after 25 s',
    ],
    [
      { reason: 'few-requests', served: 7, needed: 20 },
      '7/20 canary connections; 13 missing in this step: wait, make some with a load-test webhook, or lower spec.analysis.guard.minRequests',
    ],
    [
      { reason: 'no-traffic', expected: 25.2 },
      'no traffic reaches the canary: 0 of about 25 expected connections',
    ],
  ])('%j says so', (why, text) => {
    expect(lineOf({ outcome: 'hold', why }, parameters, 'connections')).toBe(`HOLD: ${text}`);
  });

  it('there is no 5xx to roll back for', () => {
    const ruling = { outcome: 'rollback', accusation: accused({ signal: 'slo' }) } as const;
    expect(lineOf(ruling, parameters, 'connections')).toBe(
      'ROLLBACK: failed connections 12/240 (5.0%), allowed 1.0% by the SLO; evidence 7.3 >= 6.2 after 25 s',
    );
  });
});

describe('a pass', () => {
  it('says so', () => {
    expect(lineOf({ outcome: 'pass' }, parameters)).toMatch(/^PASS: /);
  });
});
