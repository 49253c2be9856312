import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextSizes, rollingBounds, type OldSet } from './rolling-update.ts';

describe('the bounds of a rolling update', () => {
  test.each([
    [4, {}, { surge: 1, unavailable: 1 }],
    [3, {}, { surge: 1, unavailable: 0 }],
    [10, { maxSurge: '25%', maxUnavailable: '25%' }, { surge: 3, unavailable: 2 }],
    [10, { maxSurge: 0, maxUnavailable: 1 }, { surge: 0, unavailable: 1 }],
    [10, { maxSurge: 0, maxUnavailable: '5%' }, { surge: 0, unavailable: 1 }],
    [2, { maxSurge: '100%', maxUnavailable: 5 }, { surge: 2, unavailable: 2 }],
  ])('of %i replicas with %o', (replicas, rollingUpdate, expected) => {
    expect(rollingBounds(replicas, { rollingUpdate })).toEqual(expected);
  });
});

const percent = fc.integer({ min: 0, max: 100 }).map((share) => `${share}%`);
const bound = fc.oneof(fc.integer({ min: 0, max: 12 }), percent);
const set = fc
  .tuple(fc.nat(8), fc.nat(8))
  .map(([replicas, some]) => ({ replicas, available: Math.min(replicas, some), pods: replicas }));
const rollout = fc.record({
  replicas: fc.integer({ min: 0, max: 10 }),
  strategy: fc.record({ rollingUpdate: fc.record({ maxSurge: bound, maxUnavailable: bound }) }),
  current: fc.option(set, { nil: undefined }),
  old: fc.array(set, { maxLength: 3 }),
});

describe('each step of a rolling update', () => {
  test('asks for no more pods than before or than the surge allows', () => {
    fc.assert(
      fc.property(rollout, (sizes) => {
        const { surge } = rollingBounds(sizes.replicas, sizes.strategy);
        const next = nextSizes(sizes);
        const before = total([sizes.current?.replicas ?? 0, ...sizes.old.map((s) => s.replicas)]);
        const after = total([next.current ?? 0, ...next.old]);
        expect(after).toBeLessThanOrEqual(Math.max(before, sizes.replicas + surge));
      }),
    );
  });

  test('gives up no available pod that must stay', () => {
    fc.assert(
      fc.property(rollout, (sizes) => {
        const { unavailable } = rollingBounds(sizes.replicas, sizes.strategy);
        const next = nextSizes(sizes);
        const working = [sizes.current?.available ?? 0, ...sizes.old.map((s) => s.available)];
        const left = total([
          Math.min(working[0] ?? 0, next.current ?? 0),
          ...next.old.map((replicas, index) => Math.min(replicas, working[index + 1] ?? 0)),
        ]);
        const mustStay = sizes.replicas - unavailable;
        expect(left).toBeGreaterThanOrEqual(Math.min(total(working), mustStay));
      }),
    );
  });

  test('brings the rollout to its end when pods become available', () => {
    fc.assert(
      fc.property(rollout, (sizes) => {
        let { current, old } = sizes as { current: typeof sizes.current; old: OldSet[] };
        for (let step = 0; step < 40; step += 1) {
          const next = nextSizes({ ...sizes, current, old });
          current = settled(next.current ?? 0);
          old = next.old.map(settled);
        }
        expect(current).toEqual(settled(sizes.replicas));
        expect(total(old.map(({ replicas }) => replicas))).toBe(0);
      }),
    );
  });
});

describe('recreating', () => {
  const old = { replicas: 3, available: 3, pods: 3 };

  test('waits until the old pods are gone', () => {
    const sizes = { replicas: 3, strategy: { type: 'Recreate' }, current: undefined, old: [old] };
    expect(nextSizes(sizes)).toEqual({ current: undefined, old: [0] });
    const gone = { replicas: 0, available: 0, pods: 0 };
    expect(nextSizes({ ...sizes, old: [gone] })).toEqual({ current: 3, old: [0] });
  });
});

/** All pods that are asked for have become available. */
function settled(replicas: number): OldSet {
  return { replicas, available: replicas, pods: replicas };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
