import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstEdge, gridOf, isWarmFrom, type Shift, type Slot, slotFrom } from './grid.ts';

const GRID = { edgeMs: 1000, blockMs: 5000 };

const FIRST: Shift = { step: 1, weight: 10, writtenAt: 98_000, carriedAt: 100_300 };
const SECOND: Shift = { step: 2, weight: 20, writtenAt: 117_500, carriedAt: 119_700 };

/** All blocks until there is no further one, or until a time. */
function slots(shifts: readonly Shift[], until: number, grid = GRID): Slot[] {
  const found: Slot[] = [];
  for (let from = firstEdge(shifts, grid); from !== undefined;) {
    const slot = slotFrom(from, shifts, grid);
    if (slot === undefined || slot.to > until) break;
    found.push(slot);
    from = slot.to;
  }
  return found;
}

describe('the blocks of a rollout', () => {
  it('begin where a weight is carried, and are void from its decision until then', () => {
    const spans = slots([FIRST, SECOND], 130_000).map(
      ({ from, to, weight, isVoid }) => `${from}-${to} ${weight}${isVoid ? ' void' : ''}`,
    );
    expect(spans).toEqual([
      '101000-106000 10',
      '106000-111000 10',
      '111000-116000 10',
      '116000-120000 20 void',
      '120000-125000 20',
      '125000-130000 20',
    ]);
  });

  it('are not known before the first weight is carried', () => {
    const written: Shift = { ...FIRST, carriedAt: undefined };
    expect(firstEdge([written], GRID)).toBeUndefined();
    expect(firstEdge([], GRID)).toBeUndefined();
    expect(slotFrom(101_000, [written], GRID)).toBeUndefined();
  });

  it('wait for a weight that is decided and not carried', () => {
    const shifts = [FIRST, { ...SECOND, carriedAt: undefined }];
    expect(slots(shifts, Infinity).at(-1)).toMatchObject({ to: 116_000, isVoid: false });
    expect(slotFrom(116_000, shifts, GRID)).toBeUndefined();
  });

  const lengths: [number, number, number, number][] = [
    [5000, 5000, 5000, 5000],
    [5000, 1000, 1000, 5000],
    [5000, 15_000, 5000, 15_000],
    [5000, 12_000, 5000, 15_000],
    [1000, 2000, 2000, 2000],
    [1000, 500, 1000, 1000],
  ];
  it.each(lengths)('for %d ms, scrapes every %d and edges every %d last %d', (...given) => {
    const [wanted, scrape, edge, blockMs] = given;
    expect(gridOf(wanted, scrape, edge)).toEqual({ edgeMs: edge, blockMs });
  });
});

describe('durations', () => {
  it('count once the canary’s pods were ready for long enough', () => {
    const warm = [99_999, 100_000].map((from) => isWarmFrom(from, 70_000, 30_000));
    expect(warm).toEqual([false, true]);
    expect(isWarmFrom(100_000, undefined, 0)).toBe(false);
  });
});

describe('laws of the grid', () => {
  const course = fc
    .array(
      fc.record({
        lasts: fc.integer({ min: 0, max: 90_000 }),
        converges: fc.integer({ min: 0, max: 8000 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((steps) => {
      let time = 1_000_000;
      return steps.map(({ lasts, converges }, step): Shift => {
        const writtenAt = time;
        const carriedAt = writtenAt + converges;
        time = carriedAt + lasts;
        return { step, weight: 10 * (step + 1), writtenAt, carriedAt };
      });
    });
  const grid = fc.constantFrom(
    GRID,
    { edgeMs: 5000, blockMs: 5000 },
    { edgeMs: 5000, blockMs: 15_000 },
  );

  it('blocks leave no gap, and a weight changes in void ones only', () => {
    fc.assert(
      fc.property(course, grid, (shifts, grid) => {
        const found = slots(shifts, 1_300_000, grid);
        const gaps = found.filter(
          ({ from, to }, i) => to <= from || from !== (found[i - 1]?.to ?? firstEdge(shifts, grid)),
        );
        const mixed = found.filter(({ from, to, isVoid, weight }) => {
          const obeyed = shifts.findLast(({ carriedAt }) => carriedAt! <= from);
          const changes = shifts.slice(1).some((s) => s.writtenAt < to && s.carriedAt! > from);
          return !isVoid && (changes || obeyed?.weight !== weight);
        });
        expect({ gaps, mixed }).toEqual({ gaps: [], mixed: [] });
      }),
    );
  });

  it('blocks that were once read are the same in every replay', () => {
    fc.assert(
      fc.property(course, grid, fc.nat({ max: 600_000 }), (shifts, grid, later) => {
        const now = 1_000_000 + later;
        // What was known then: nothing that was decided or carried afterwards.
        const known = shifts
          .filter(({ writtenAt }) => writtenAt <= now)
          .map((shift) => (shift.carriedAt! <= now ? shift : { ...shift, carriedAt: undefined }));
        const live = slots(known, now, grid);
        expect(slots(shifts, 1_700_000, grid).slice(0, live.length)).toEqual(live);
      }),
    );
  });
});
