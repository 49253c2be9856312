import { describe, expect, it } from 'vitest';
import {
  aBlock,
  type Counted,
  durations,
  parametersOf,
  stateAfter,
  statesAfter,
} from '../../../test/builders/guard.ts';
import type { Block } from './block.ts';
import { newState } from './state.ts';
import { scoreOf } from './track.ts';

const NOTHING: Counted = [0, 0, 0, 0];
const HEALTHY: Counted = [100, 0, 900, 0];
const BROKEN: Counted = [100, 100, 900, 0];

/** Errors are compared, nothing else. */
const COMPARISON = parametersOf({ latency: { enabled: false } });
const WITHOUT_SLO = {
  ...COMPARISON,
  errors: { ratio: 1.25, difference: 0.002, budget: undefined },
};

function blocksOf(counted: readonly Counted[]): Block[] {
  return counted.map((counts, i) => aBlock(i, counts));
}

function errorScores(counted: readonly Counted[], parameters = WITHOUT_SLO): string[] {
  const states = statesAfter(blocksOf(counted), parameters);
  return states.map(({ errors }) => scoreOf(errors).toFixed(6));
}

const times = (n: number, counted: Counted) => Array.from({ length: n }, () => counted);

describe('errors, block by block', () => {
  it('convict with the second block of a total failure, not with the first', () => {
    const counted: Counted[] = [
      [3, 0, 247, 0],
      [2, 1, 248, 0],
      [3, 3, 247, 1],
    ];
    expect(errorScores(counted)).toEqual(['-0.694863', '2.281230', '6.281230']);
    const [, second, third] = statesAfter(blocksOf(counted), WITHOUT_SLO);
    expect(second?.conviction).toBeUndefined();
    expect(third?.conviction).toMatchObject({ signal: 'errors', at: 15_000, since: 5000 });
  });

  it('convict three blocks after a long time without fault', () => {
    const fault: Counted = [100, 20, 150, 1];
    const scores = errorScores([...times(40, [100, 0, 150, 1]), ...times(3, fault)]);
    expect(scores.slice(-3)).toEqual(['-1.000000', '3.000000', '7.000000']);
  });

  it('say nothing against a canary that fails as the primary does', () => {
    expect(errorScores(times(10, [100, 50, 150, 75])).at(-1)).toBe('-6.787377');
  });

  it('tell the story of the fault, not of the good hours before', () => {
    const fault: Counted = [100, 20, 150, 1];
    const blocks = blocksOf([...times(40, [100, 0, 150, 1]), ...times(3, fault)]);
    expect(stateAfter(blocks, WITHOUT_SLO).conviction).toMatchObject({
      since: 200_000,
      at: 215_000,
      canary: { requests: 300, bad: 60 },
      primary: { requests: 450, bad: 3 },
    });
  });
});

describe('a weight that changes in the moment in which an outage of both begins', () => {
  // Four seconds at 5 %, and all well; one second at 80 %, and all fail in either version.
  const noise: Counted[] = [
    [3, 0, 247, 0],
    [2, 1, 248, 0],
  ];
  const mixed: Counted = [10 + 40, 40, 190 + 10, 10];
  const outage = times(6, [200, 200, 50, 50]);
  const course = (isVoid: boolean) =>
    blocksOf([...noise, mixed, ...outage]).map((block, i) =>
      i === noise.length ? { ...block, isVoid } : block,
    );

  it('would convict the innocent, if the block counted', () => {
    expect(stateAfter(course(false), WITHOUT_SLO).conviction).toMatchObject({ at: 15_000 });
  });

  it('convicts nobody, because it is void', () => {
    expect(stateAfter(course(true), WITHOUT_SLO).conviction).toBeUndefined();
  });
});

describe('durations, block by block', () => {
  const BOUNDS = [50, 100, 250, 500];
  const slow = {
    canary: { requests: 100, bad: 0, durations: durations(100, BOUNDS, [20, 55, 90, 96]) },
    primary: { requests: 900, bad: 0, durations: durations(900, BOUNDS, [560, 810, 891, 897]) },
  };
  const slowBlocks = (n: number, changes: Partial<Block> = {}) =>
    Array.from({ length: n }, (_, i) => aBlock(i, NOTHING, { ...slow, ...changes }));

  it('convict at the bound where they differ most, against a line for all bounds', () => {
    const states = statesAfter(slowBlocks(3));
    const best = states.map(({ latency }) =>
      Math.max(...latency.map(({ track }) => scoreOf(track))),
    );
    expect(best.map((score) => score.toFixed(6))).toEqual(['3.306853', '7.306853', '11.306853']);
    expect(states.map(({ conviction }) => conviction?.signal)).toEqual([
      undefined,
      undefined,
      'latency',
    ]);
    expect(states[2]?.conviction).toMatchObject({
      bound: 100,
      canary: { requests: 300, bad: 135 },
      primary: { requests: 2700, bad: 270 },
    });
    expect(states[2]?.conviction?.line.toFixed(6)).toBe('7.600902');
  });

  it('do not count while the canary warms up', () => {
    expect(stateAfter(slowBlocks(9, { isWarm: false })).latency).toEqual([]);
  });

  it('are compared at the bounds that both versions have', () => {
    const canary = { ...slow.canary, durations: durations(100, [50, 75, 250], [20, 40, 90]) };
    const { latency } = stateAfter(slowBlocks(1, { canary }));
    expect(latency.map(({ bound }) => bound)).toEqual([50, 250]);
  });

  it('say nothing at a bound that is gone', () => {
    const [first] = statesAfter(slowBlocks(1));
    const canary = { ...slow.canary, durations: durations(100, [50], [20]) };
    const next = aBlock(1, NOTHING, { ...slow, canary });
    const { latency } = stateAfter([next], parametersOf(), first);
    expect(latency.map(({ bound }) => bound)).toEqual(BOUNDS);
    expect(latency.slice(1)).toEqual(first?.latency.slice(1));
    expect(latency[0]).not.toEqual(first?.latency[0]);
  });

  it('are not compared where the analysis does not want it', () => {
    expect(stateAfter(slowBlocks(9), COMPARISON)).toMatchObject({ latency: [] });
  });
});

describe('the SLO of the canary', () => {
  const alone: Counted = [20, 20, 0, 0];

  it('convicts where there is no primary to compare with', () => {
    const blocks = blocksOf([alone, alone]).map((block) => ({
      ...block,
      weight: 100,
      primary: undefined,
    }));
    expect(stateAfter(blocks).conviction).toMatchObject({ signal: 'slo', at: 10_000 });
  });

  it('starts afresh when the primary breaks it too', () => {
    const blocks = blocksOf([[100, 50, 0, 0], ...times(12, [100, 50, 900, 450])]);
    const [first, ...others] = statesAfter(blocks);
    expect(scoreOf(first!.slo)).toBeGreaterThan(3);
    for (const state of others) {
      expect(state.slo.scores).toEqual(newState(COMPARISON, 'r1', 0).slo.scores);
      expect(state.outSince).toBe(5000);
      expect(state.conviction).toBeUndefined();
    }
  });

  it('does not hold against the canary, afterwards, what struck both', () => {
    const blocks = blocksOf([...times(4, [100, 50, 900, 450]), ...times(20, HEALTHY)]);
    expect(stateAfter(blocks)).toMatchObject({ outSince: undefined, conviction: undefined });
  });

  it('is excused for some minutes after an outage of both, which holds nothing up', () => {
    const healthy = times(24, HEALTHY);
    const outage = times(6, [100, 50, 900, 450]);
    const state = stateAfter(blocksOf([...outage, ...healthy, ...times(9, [100, 3, 900, 9])]));
    expect(state.outSince).toBeUndefined();
    expect(scoreOf(state.slo)).toBe(-Math.LN2);
  });

  it('does not count where nobody said what it is', () => {
    const blocks = blocksOf(times(5, alone)).map((block) => ({ ...block, weight: 100 }));
    expect(stateAfter(blocks, WITHOUT_SLO).conviction).toBeUndefined();
  });
});

describe('a block', () => {
  const first = statesAfter(blocksOf([HEALTHY]))[0]!;

  it('is taken in once', () => {
    const block = aBlock(1, BROKEN);
    const once = stateAfter([block], parametersOf(), first);
    expect(stateAfter([block], parametersOf(), once)).toBe(once);
    expect(stateAfter([aBlock(0, BROKEN)], parametersOf(), once)).toBe(once);
  });

  it('is no evidence when the share of traffic changed in it', () => {
    const state = stateAfter([aBlock(1, BROKEN, { isVoid: true })], parametersOf(), first);
    const { block, recent, remembered, ...evidence } = state;
    expect(first).toMatchObject(evidence);
    // What the primary answers by itself can be told at any weight.
    expect([block, recent.length, remembered.requests > 1700]).toEqual([10_000, 2, true]);
  });

  it('is added to the next when a version was not sampled in it', () => {
    const missed = aBlock(1, [0, 0, 450, 1], { canary: undefined });
    const waiting = stateAfter([missed], parametersOf(), first);
    expect(waiting.errors).toEqual(first.errors);
    const late = stateAfter([aBlock(2, [100, 1, 450, 1])], parametersOf(), waiting);
    const whole = stateAfter([aBlock(1, [100, 1, 900, 2])], parametersOf(), first);
    expect(late.errors).toEqual(whole.errors);
    expect(late.open).toBeUndefined();
  });

  it('is void when it had to wait for samples from beyond a change of weight', () => {
    const missed = aBlock(1, [0, 0, 900, 0], { canary: undefined, isVoid: true });
    const state = stateAfter([missed, aBlock(2, BROKEN)], parametersOf(), first);
    expect(state.errors).toEqual(first.errors);
    const next = stateAfter([aBlock(3, BROKEN)], parametersOf(), state);
    expect(scoreOf(next.errors)).toBeGreaterThan(3);
  });

  it('is void after a gap: what its counters have gained may come from before', () => {
    const state = stateAfter([aBlock(5, BROKEN)], parametersOf(), first);
    expect(state.errors).toEqual(first.errors);
    expect(state.block).toBe(30_000);
  });

  it('is void where it overlaps the last: nothing counts twice', () => {
    const overlapping = aBlock(1, BROKEN, { from: 2500 });
    const state = stateAfter([overlapping], parametersOf(), first);
    expect(state.errors).toEqual(first.errors);
    expect(state.block).toBe(10_000);
  });

  const impossible: [string, Partial<Block>][] = [
    ['less than no requests', { canary: { requests: -5, bad: 0 } }],
    ['requests that are no number', { canary: { requests: NaN, bad: 0 } }],
    ['endless requests', { primary: { requests: Infinity, bad: 0 } }],
    ['failures that are no number', { canary: { requests: 100, bad: NaN } }],
  ];
  it.each(impossible)('with %s counts as not sampled', (_what, changes) => {
    const state = stateAfter([aBlock(1, BROKEN, changes)], parametersOf(), first);
    expect(state.errors).toEqual(first.errors);
    expect(state.open).toMatchObject({ blocks: 1 });
  });

  it('never has more failures than requests, as interpolating stores make believe', () => {
    const excess = stateAfter([aBlock(1, [3, 3.0001, 900, 0])], parametersOf(), first);
    const whole = stateAfter([aBlock(1, [3, 3, 900, 0])], parametersOf(), first);
    expect(excess.errors).toEqual(whole.errors);
  });

  it('that comes after the verdict acquits nobody', () => {
    const blocks = blocksOf([BROKEN, BROKEN, ...times(50, HEALTHY)]);
    const [, convicted] = statesAfter(blocks);
    const last = stateAfter(blocks);
    expect(last.conviction).toEqual(convicted?.conviction);
    expect(last.conviction?.at).toBe(10_000);
    expect(last.block).toBe(260_000);
  });

  it('counts for its step only', () => {
    const blocks = [
      aBlock(0, HEALTHY),
      aBlock(1, HEALTHY, { isVoid: true }),
      aBlock(2, [7, 0, 93, 0], { step: 2, weight: 20 }),
    ];
    expect(statesAfter(blocks).map(({ step }) => step)).toEqual([
      { index: 1, canary: 100, expected: 100 },
      { index: 1, canary: 100, expected: 100 },
      { index: 2, canary: 7, expected: 20 },
    ]);
  });
});
