import { describe, expect, it } from 'vitest';
import {
  aKnownRollout,
  ASKED,
  type EdgeCounts,
  type Rollout,
  START,
} from '../../test/builders/explained.ts';
import type { Check } from '../api/status.ts';
import { caseOf } from './case.ts';

const WARM = { guard: { latency: { warmup: '0s' } } };
const told = (rollout: Rollout) => caseOf(aKnownRollout(rollout));

/** Of so many edges, each with these counts. */
function edges(n: number, canary: EdgeCounts[0], primary: EdgeCounts[1]): EdgeCounts[] {
  return Array.from({ length: n }, () => [canary, primary] as const);
}

describe('fewer failed requests', () => {
  it('are as few as could be: one more, and it convicts', () => {
    const broken = edges(3, [40, 8], [160, 1]);
    const [sentence = ''] = told({ edges: broken }).otherwise;
    const found = /^With (\d+) of the canary's (\d+) failed requests fewer/.exec(sentence) ?? [];
    const [fewer, all] = [Number(found[1]), Number(found[2])];
    const blocks = told({ edges: broken }).guard.blocks.length;
    const outcomeWith = (bad: number) =>
      told({ edges: edges(blocks, [40, bad / blocks], [160, 1]) }).guard.ruling?.outcome;
    expect(all).toBe(blocks * 8);
    expect(outcomeWith(all)).toBe('rollback');
    expect(outcomeWith(all - fewer)).not.toBe('rollback');
    expect(outcomeWith(all - fewer + 1)).toBe('rollback');
  });

  it('are slow ones where those convict', () => {
    const slow = told({ edges: edges(4, [100, 0, 60], [400, 0, 4]), analysis: WARM });
    expect(slow.guard.accusations[0]).toMatchObject({ signal: 'latency', bound: 250 });
    expect(slow.otherwise[0]).toMatch(
      /^With \d+ of the canary's \d+ requests slower than 250 ms fewer/,
    );
  });
});

describe('a canary that was let pass', () => {
  it('is told how many failures would have convicted it: as few as could', () => {
    const [sentence = ''] = told({ edges: edges(5, [40, 0], [160, 0]) }).otherwise;
    const [, bad] =
      /^0 of its 200 requests .* with about (\d+), spread evenly/.exec(sentence) ?? [];
    const outcomeWith = (all: number) =>
      told({ edges: edges(5, [40, all / 5], [160, 0]) }).guard.ruling?.outcome;
    expect(outcomeWith(Number(bad))).toBe('rollback');
    expect(outcomeWith(Number(bad) - 1)).not.toBe('rollback');
  });

  it('or that there were too few requests for that', () => {
    const { otherwise } = told({ edges: edges(1, [2, 0], [8, 0]) });
    expect(otherwise).toEqual([
      '0 of its 2 requests in the last step failed; even if all had, they would have been too few for the guard to convict by.',
    ]);
  });
});

it('too few requests: how many are missing', () => {
  const analysis = { guard: { minRequests: 50 } };
  const { otherwise, missing } = told({ edges: edges(1, [12, 0], [48, 0]), analysis });
  expect(otherwise).toEqual([
    'With 38 more requests to the canary in this step, the guard would not hold it.',
  ]);
  expect(missing.some((sentence) => sentence.startsWith('12/50 canary requests'))).toBe(true);
});

it('nothing is said where nothing was counted', () => {
  expect(told({ edges: [] }).otherwise).toEqual([]);
});

describe('what did not pass', () => {
  const DURATION = { name: 'request-duration', thresholdRange: { max: 500 } };
  const RATE = { name: 'request-success-rate', thresholdRange: { min: 99 } };
  const ended = (reason: string, checks: object[] = []) => ({
    checks: checks as Check[],
    history: [
      {
        revision: 'checkout-new',
        outcome: 'failed' as const,
        reason,
        startedAt: new Date(START - 4000).toISOString(),
        endedAt: new Date(START + 60_000).toISOString(),
      },
    ],
  });
  const measuring = (value: number) => ({
    asked: [{ ...ASKED, measured: { kind: 'value', value } as const }],
  });

  it.each<[string, number, string | undefined, string]>([
    ['as it was', 940, '940 ms', 'request-duration passes at 500 ms and below: it was 940 ms.'],
    ['asked again', 940, undefined, 'request-duration passes at 500 ms and below: it was 940 ms.'],
    [
      'as it was, and as the store has it now',
      2088,
      '940 ms',
      'request-duration passes at 500 ms and below: it was 940 ms, and 2088 ms asked again.',
    ],
  ])('is told with its bound %s', (_, value, stored, sentence) => {
    const check = { name: DURATION.name, outcome: 'fail', measured: stored };
    const status = ended('x', stored === undefined ? [] : [check]);
    const { otherwise } = told({
      edges: [],
      analysis: { metrics: [DURATION] },
      status,
      known: measuring(value),
    });
    expect(otherwise).toEqual([sentence]);
  });

  it('is told though it passes by now', () => {
    const status = ended('x', [{ name: RATE.name, outcome: 'fail', measured: '98 %' }]);
    const { otherwise } = told({
      edges: [],
      analysis: { metrics: [RATE] },
      status,
      known: measuring(100),
    });
    expect(otherwise).toEqual([
      'request-success-rate failed as the controller measured it (98 %); up to the end of the comparison it passes.',
    ]);
  });

  it('may be something else than the guard and the metrics', () => {
    const status = ended('webhook acceptance (rollout) failed: answered 403');
    const { otherwise } = told({ edges: edges(5, [40, 0], [160, 0]), status });
    expect(otherwise[0]).toBe(
      'Neither the guard nor a metric took it back, but: webhook acceptance (rollout) failed: answered 403',
    );
  });
});
