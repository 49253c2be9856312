import { describe, expect, it } from 'vitest';
import { aKnownRollout, type EdgeCounts, type Rollout } from '../../test/builders/explained.ts';
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
