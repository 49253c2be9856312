import { expect, test } from 'vitest';
import { deal, type Dealt } from './breaking.ts';
import { FAULTS } from './faults.ts';

/** What strikes first, each with what it would draw. */
function first(n: number, seed: number): { name: string; draws: number[] }[] {
  const dealt: Dealt[] = [];
  for (const one of deal(FAULTS, seed)) if (dealt.push(one) === n) break;
  return dealt.map(({ fault, random }) => ({ name: fault.name, draws: [random(), random()] }));
}

function namesOf(faults: readonly { name: string }[]): string[] {
  return faults.map(({ name }) => name);
}

test('a seed decides what strikes after what, and what it draws', () => {
  expect(first(100, 7)).toEqual(first(100, 7));
  expect(namesOf(first(100, 7))).not.toEqual(namesOf(first(100, 8)));
  expect(new Set(first(100, 7).map(({ draws }) => draws.join())).size).toBe(100);
});

test.each([1, 2, 3])(
  'every fault comes before any comes once more than it is there (seed %i)',
  (seed) => {
    const rounds = first(2 * FAULTS.length, seed);
    for (const round of [rounds.slice(0, FAULTS.length), rounds.slice(FAULTS.length)]) {
      expect(namesOf(round).toSorted()).toEqual(namesOf(FAULTS).toSorted());
    }
  },
);
