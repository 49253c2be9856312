import { describe, expect, it } from 'vitest';
import { aBlock, type Counted, parametersOf, stateAfter } from '../../../test/builders/guard.ts';
import type { Block } from './block.ts';
import { rule } from './ruling.ts';
import { newState, readState } from './state.ts';

const HEALTHY: Counted = [100, 0, 900, 0];
const BROKEN: Counted = [100, 100, 900, 0];
const OUTAGE: Counted = [100, 50, 900, 450];

const parameters = parametersOf();
const times = (n: number, counted: Counted) => Array.from({ length: n }, () => counted);

function ruled(counted: readonly Counted[], changes: Partial<Block> = {}) {
  const blocks = counted.map((counts, i) => aBlock(i, counts, changes));
  return rule(stateAfter(blocks, parameters), parameters);
}

describe('the guard', () => {
  it('rolls back once there is enough evidence, and keeps to it', () => {
    const convicted = ruled(times(2, BROKEN));
    expect(convicted).toMatchObject({ outcome: 'rollback', accusation: { signal: 'errors' } });
    expect(ruled([...times(2, BROKEN), ...times(60, HEALTHY)])).toEqual(convicted);
  });

  it('lets a canary pass against which nothing speaks', () => {
    expect(ruled(times(12, HEALTHY))).toEqual({ outcome: 'pass' });
  });

  it('rolls back a canary that is worse than a primary in an outage', () => {
    const worse: Counted = [100, 100, 900, 90];
    const convicted = ruled([...times(3, HEALTHY), ...times(5, worse)]);
    expect(convicted).toMatchObject({ outcome: 'rollback', accusation: { signal: 'errors' } });
  });

  it('accuses nobody in the block in which an outage of both begins', () => {
    // Scrapes of the canary saw it early, those of the primary late: twice in a row.
    const onset: Counted[] = [
      [105, 26, 2255, 3],
      [127, 127, 2283, 685],
      ...times(5, [125, 125, 2375, 2375]),
    ];
    expect(ruled([...times(3, [125, 0, 2375, 0]), ...onset])).toMatchObject({ outcome: 'hold' });
  });

  const nobody: Counted = [0, 0, 900, 0];
  const holds: [string, readonly Counted[], Partial<Block>, object][] = [
    [
      'while the primary is out of its SLO',
      times(4, OUTAGE),
      {},
      { reason: 'primary-out', primary: { requests: 3600, bad: 1800 } },
    ],
    [
      'while the primary fails at all lately, though not in the mean of a minute',
      [...times(11, HEALTHY), [100, 0, 900, 30]],
      {},
      { reason: 'primary-out' },
    ],
    [
      'when none of the expected requests came',
      times(2, nobody),
      {},
      { reason: 'no-traffic', expected: 180 },
    ],
    [
      'when too few requests came',
      times(2, [3, 0, 20, 0]),
      {},
      { reason: 'few-requests', served: 6, needed: 20 },
    ],
    [
      'on a suspicion',
      [...times(1, HEALTHY), [100, 20, 900, 0]],
      {},
      { reason: 'suspicion', accusation: { signal: 'errors' } },
    ],
  ];
  it.each(holds)('holds %s', (_when, counted, changes, why) => {
    expect(ruled(counted, changes)).toMatchObject({ outcome: 'hold', why });
  });

  const missing: ('canary' | 'primary')[][] = [['canary'], ['primary'], ['canary', 'primary']];
  it.each(missing)('holds when samples of %s stay away that there were before', (...gone) => {
    const away = Object.fromEntries(gone.map((version) => [version, undefined]));
    const blocks = [0, 1, 2].map((i) => aBlock(i, HEALTHY, i === 0 ? {} : away));
    const ruling = rule(stateAfter(blocks, parameters), parameters);
    expect(ruling).toEqual({ outcome: 'hold', why: { reason: 'no-samples', missing: gone } });
  });

  it('does not miss samples of a workload that nobody has ever called', () => {
    const patient = parametersOf({ minRequests: 0 });
    const nobody = { canary: undefined, primary: undefined };
    const blocks = [0, 1, 2].map((i) => aBlock(i, HEALTHY, nobody));
    expect(rule(stateAfter(blocks, patient), patient)).toEqual({ outcome: 'pass' });
  });

  it('misses a canary that was never sampled once it should have been called often', () => {
    const blocks = [0, 1].map((i) => aBlock(i, HEALTHY, { canary: undefined }));
    const ruling = rule(stateAfter(blocks, parameters), parameters);
    expect(ruling).toEqual({ outcome: 'hold', why: { reason: 'no-traffic', expected: 180 } });
  });

  it('counts requests of the present step only', () => {
    const state = stateAfter([aBlock(0, HEALTHY)], parameters);
    expect(rule(state, parameters, 1)).toEqual({ outcome: 'pass' });
    expect(rule(state, parameters, 2)).toMatchObject({ why: { served: 0, needed: 20 } });
  });

  it('does not hold for one scrape that came late', () => {
    const seen = times(3, HEALTHY).map((counts, i) => aBlock(i, counts));
    const state = stateAfter([...seen, aBlock(3, HEALTHY, { canary: undefined })], parameters);
    expect(rule(state, parameters)).toEqual({ outcome: 'pass' });
  });

  it('does not wait for a primary that gets nothing any more', () => {
    const alone = { primary: undefined, weight: 100 };
    expect(ruled(times(9, [1000, 0, 0, 0]), alone)).toEqual({ outcome: 'pass' });
  });

  it('holds no longer than ten minutes for an outage: the canary may be the cure', () => {
    const cure: Counted = [100, 0, 900, 450];
    expect(ruled(times(119, cure))).toMatchObject({ why: { reason: 'primary-out' } });
    expect(ruled(times(120, cure))).toEqual({ outcome: 'pass' });
  });

  it('asks for no requests where the policy asks for none', () => {
    const patient = parametersOf({ minRequests: 0 });
    const state = stateAfter([aBlock(0, [1, 0, 9, 0])], patient);
    expect(rule(state, patient)).toEqual({ outcome: 'pass' });
  });
});

describe('what is stored', () => {
  const blocks = [aBlock(0, HEALTHY), aBlock(1, OUTAGE), aBlock(2, HEALTHY, { canary: undefined })];
  const state = stateAfter(blocks, parameters);
  const stored: unknown = JSON.parse(JSON.stringify(state));

  it('is read as it was written', () => {
    expect(readState(stored, 'r1')).toEqual(state);
  });

  const others: [string, unknown][] = [
    ['of another revision', { ...(stored as object), revision: 'r2' }],
    ['of other rules', { ...(stored as object), version: 99 }],
    ['damaged', { ...(stored as object), errors: { scores: ['x'] } }],
    ['nothing', undefined],
    ['text', 'state'],
  ];
  it.each(others)('is not taken when it is %s', (_what, other) => {
    expect(readState(other, 'r1')).toBeUndefined();
  });
});

describe('a guard that just began', () => {
  it('holds: nothing was seen yet', () => {
    expect(rule(newState(parameters, 'r1', 0), parameters)).toMatchObject({
      outcome: 'hold',
      why: { reason: 'few-requests', served: 0 },
    });
  });
});
