import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Cell, cells } from '../../scripts/verdicts/cells.ts';
import { withParts } from '../../scripts/verdicts/document.ts';
import { tables } from '../../scripts/verdicts/parts.ts';
import { Random } from '../../scripts/verdicts/random.ts';
import { liesAbove } from '../../scripts/verdicts/rank-test.ts';
import { medianDelay, sum, tallyOf } from '../../scripts/verdicts/tally.ts';

/** What the figures of docs/verdicts.md rest on. */
const all = cells();

function place(wanted: Pick<Cell, 'row' | 'situation'>, method: string): number {
  const found = all.findIndex(
    ({ row, situation, method: { name } }) =>
      row === wanted.row && situation === wanted.situation && name === method,
  );
  if (found < 0) throw new Error(`there is no cell ${wanted.row}, ${method}`);
  return found;
}

function simulated(wanted: Pick<Cell, 'row' | 'situation'>, method: string, runs = 20) {
  const at = place(wanted, method);
  return tallyOf(all[at]!, at, 1, 0, runs);
}

const situation = '50 requests/s, 0.1 % errors';
const TOTAL_FAILURE = { row: '+100 pp', situation };
const HEALTHY = { row: 'independent errors', situation };

describe('a simulation', () => {
  it('gives the same numbers for the same seed, however the runs are dealt out', () => {
    const at = place(HEALTHY, 'Flagger 10 s, 5');
    const parts = [
      [0, 7],
      [7, 20],
    ].map(([first, end]) => tallyOf(all[at]!, at, 1, first!, end!));
    expect(sum(parts[0]!, parts[1]!)).toEqual(tallyOf(all[at]!, at, 1, 0, 20));
    expect(tallyOf(all[at]!, at, 2, 0, 20)).not.toEqual(tallyOf(all[at]!, at, 1, 0, 20));
  });

  it('draws events with the mean and the variance of Poisson', () => {
    const random = new Random(7);
    for (const mean of [0.3, 8, 12, 300]) {
      const drawn = Array.from({ length: 20_000 }, () => random.poisson(mean));
      const average = drawn.reduce((total, one) => total + one, 0) / drawn.length;
      const variance = drawn.reduce((total, one) => total + (one - average) ** 2, 0) / drawn.length;
      expect(Math.abs(average / mean - 1)).toBeLessThan(0.05);
      expect(Math.abs(variance / mean - 1)).toBeLessThan(0.05);
    }
  });

  it('draws shares with the mean and the correlation that are asked for', () => {
    const random = new Random(7);
    const drawn = Array.from({ length: 50_000 }, () => random.beta(0.1, 0.02));
    const average = drawn.reduce((total, one) => total + one, 0) / drawn.length;
    const variance = drawn.reduce((total, one) => total + (one - average) ** 2, 0) / drawn.length;
    expect(average).toBeCloseTo(0.1, 2);
    expect(variance / (0.1 * 0.9)).toBeCloseTo(0.02, 3);
  });
});

describe('on a total failure', () => {
  it('Linnet rolls back after two blocks or three', () => {
    const tally = simulated(TOTAL_FAILURE, 'Linnet');
    expect(tally.rolledBack).toBe(20);
    expect(medianDelay(tally)).toBe(10);
  });

  it('Flagger’s rule rolls back at the sixth interval: five checks fail, the next tick acts', () => {
    expect(new Set(simulated(TOTAL_FAILURE, 'Flagger 60 s, 5').delays)).toEqual(new Set([360]));
    expect(new Set(simulated(TOTAL_FAILURE, 'Flagger 10 s, 5').delays)).toEqual(new Set([60]));
  });

  it('the rank test rolls back at the end of the step', () => {
    expect(new Set(simulated(TOTAL_FAILURE, 'rank test').delays)).toEqual(new Set([60]));
  });
});

describe('a healthy version', () => {
  it.each(['Linnet', 'Flagger 60 s, 5', 'rank test'])('is promoted by %s', (method) => {
    expect(simulated(HEALTHY, method)).toMatchObject({ rolledBack: 0, paused: 0 });
  });
});

describe('the rank test', () => {
  const flat = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  const cases: [string, number[], number[], boolean][] = [
    ['finds a clear shift', [5, 6, 7, 8, 9, 10, 11], [1, 2, 1.5, 2.5, 1, 2, 3], true],
    ['finds nothing in equal points', flat, flat, false],
    ['finds nothing in a shift to the better', [1, 2, 1, 2, 1, 2], [8, 9, 8, 9, 8, 9], false],
    ['passes what shows in three points of ten only', [...flat.slice(3), 9, 9, 9], flat, false],
  ];
  it.each(cases)('%s', (_name, canary, primary, isAbove) => {
    expect(liesAbove(canary, primary)).toBe(isAbove);
  });
});

describe('docs/verdicts.md', () => {
  const page = readFileSync(new URL('../../docs/verdicts.md', import.meta.url), 'utf8');

  it('has a place for every table that is printed, and for what they rest on', () => {
    const names = [...Object.keys(tables([])), 'cost', 'basis'];
    const parts = Object.fromEntries(names.map((name) => [name, `(the part of ${name})`]));
    const written = withParts(page, parts);
    for (const part of Object.values(parts)) expect(written.split(part)).toHaveLength(2);
    expect(withParts(written, parts)).toBe(written);
    expect(written).toContain('## In plain words');
    expect(() => withParts(page, { elsewhere: '' })).toThrow(/^found no place for elsewhere/);
  });

  it('tells of every row of the grid', () => {
    for (const { row } of cells()) expect(page).toContain(`| ${row} `);
  });
});
