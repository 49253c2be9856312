import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aHistory, EDGE_MS, historyOf, START, type Stretch } from '../../test/builders/history.ts';
import type { CountedVersion } from '../ports/telemetry.ts';
import { type PastRollout, rolloutsIn } from './rollouts.ts';

const QUIET: Stretch = { edges: 12 };
const step = (weight: number, edges = 8, more: Partial<Stretch> = {}): Stretch => {
  return { edges, weight, ...more };
};

/** From and to in edges since the history began, and the weights of its steps. */
const shown = ({ from, to, steps, begins, ends }: PastRollout) => [
  (from - START) / EDGE_MS,
  (to - START) / EDGE_MS,
  steps.map(({ weight }) => weight),
  ...(begins === 'within' ? [] : [begins]),
  ...(ends === 'ended' ? [] : [ends]),
];
const found = (...stretches: Stretch[]) => rolloutsIn(aHistory(stretches));
const rollouts = (...stretches: Stretch[]) => found(...stretches).rollouts.map(shown);

/** Of two versions side by side, the rollouts of either. */
function sideBySide(...stretches: Stretch[]) {
  const { span } = aHistory(stretches);
  const edges = span.edges.map(({ to, canary, primary }) => ({
    to,
    canary: primary,
    primary: canary,
  }));
  const of = (found: typeof span) =>
    rolloutsIn({ span: found, edgeMs: EDGE_MS, isSideBySide: true }).rollouts.map(shown);
  return [of(span), of({ ...span, edges })];
}

describe('versions side by side', () => {
  it.each<[string, Stretch[], unknown[], unknown[]]>([
    ['a new one takes all', [QUIET, step(20), step(50), step(100, 90)], [[12, 28, [20, 50]]], []],
    ['a new one is taken back', [QUIET, step(20), QUIET], [[12, 20, [20]]], []],
    [
      'the old one comes back in steps',
      [QUIET, step(20), step(100, 60), step(80), step(40), QUIET],
      [[12, 20, [20]]],
      [[80, 96, [20, 60]]],
    ],
    [
      'the history begins while the new one has little',
      [step(10), step(30), QUIET],
      [[0, 16, [10, 30], 'before']],
      [],
    ],
  ])('%s', (_, stretches, first, second) => {
    expect(sideBySide(...stretches)).toEqual([first, second]);
  });
});

const cases: [string, Stretch[], unknown[]][] = [
  ['none', [QUIET], []],
  ['one', [QUIET, step(10), step(20), step(50), QUIET], [[12, 36, [10, 20, 50]]]],
  [
    'one that fails is there like any other',
    [QUIET, step(10, 8, { bad: 1 }), QUIET],
    [[12, 20, [10]]],
  ],
  [
    'two back to back',
    [QUIET, step(10), step(50), QUIET, step(10), step(30), QUIET],
    [
      [12, 28, [10, 50]],
      [40, 56, [10, 30]],
    ],
  ],
  [
    'a new version in the middle of another, with hardly a pause',
    [QUIET, step(20), step(50), { edges: 2 }, step(10), step(30), QUIET],
    [
      [12, 30, [20, 50]],
      [30, 46, [10, 30]],
    ],
  ],
  [
    'a way back in steps is no analysis',
    [QUIET, step(20), step(60), step(40, 4), step(20, 4), QUIET],
    [[12, 36, [20, 60]]],
  ],
  [
    'one that had begun when the samples do',
    [{ edges: 6, isGap: true }, step(20), step(50), QUIET],
    [[6, 22, [20, 50], 'before']],
  ],
  [
    'one that begins a scrape after one that was missed',
    [QUIET, { edges: 1, isGap: true }, step(20), QUIET],
    [[13, 21, [20]]],
  ],
  ['weights that jump', [QUIET, step(1, 20), step(100), QUIET], [[12, 40, [1, 100]]]],
  [
    'weights near the top',
    [QUIET, step(90), step(95), step(100), QUIET],
    [[12, 36, [90, 95, 100]]],
  ],
  [
    'a gap in the data while it lasts',
    [QUIET, step(20), { edges: 3, isGap: true }, step(20), QUIET],
    [[12, 31, [20]]],
  ],
  [
    'a gap in the data that ends it',
    [QUIET, step(20), { edges: 60, isGap: true }, QUIET],
    [[12, 20, [20], 'gap']],
  ],
  ['one that still runs', [QUIET, step(10), step(20)], [[12, 28, [10, 20], 'under-way']]],
  ['one that had begun before', [step(10), step(20), QUIET], [[0, 16, [10, 20], 'before']]],
  ['a canary that always gets requests', [step(30, 40)], [[0, 40, [30], 'before', 'under-way']]],
  [
    'a canary whose few requests come with pauses',
    [
      QUIET,
      ...Array.from({ length: 12 }, () => [
        step(5, 1, { requests: 20 }),
        { edges: 3, requests: 20 },
      ]).flat(),
      { edges: 60, requests: 20 },
    ],
    [[12, 57, [expect.any(Number)]]],
  ],
];

describe('rollouts in a history', () => {
  it.each(cases)('%s', (_, stretches, expected) => {
    expect(rollouts(...stretches)).toEqual(expected);
  });

  it.each<[string, Stretch[], string]>([
    ['a handful of requests', [QUIET, step(1, 2), QUIET], 'few-requests'],
    ['a target before it had a primary', [step(100, 40)], 'no-primary'],
  ])('are not %s', (_, stretches, why) => {
    expect(found(...stretches)).toMatchObject({ rollouts: [], others: [{ why }] });
  });

  it('are compared until the share falls, or to the last whole edge', () => {
    const until = (...stretches: Stretch[]) =>
      rolloutsIn(aHistory(stretches)).rollouts.map(
        ({ comparedUntil }) => (comparedUntil - START) / EDGE_MS,
      );
    expect(until(QUIET, step(20), step(60), step(30), QUIET)).toEqual([28]);
    expect(until(QUIET, step(20), QUIET)).toEqual([19]);
    expect(until(QUIET, step(20))).toEqual([20]);
  });

  it('begin with steps at the edges where the weights changed', () => {
    const [only] = found(QUIET, step(10), step(20), step(50), QUIET).rollouts;
    expect(only?.steps.map(({ from }) => (from - START) / EDGE_MS)).toEqual([12, 20, 28]);
  });
});

const stretch = fc.oneof(
  fc.record({ edges: fc.integer({ min: 4, max: 12 }), weight: fc.integer({ min: 5, max: 95 }) }),
  fc.record({ edges: fc.integer({ min: 20, max: 30 }) }),
);

describe('laws of finding rollouts', () => {
  it('a history that is cut at a quiet moment has the same ones', () => {
    const histories = fc.tuple(
      fc.array(stretch, { maxLength: 6 }),
      fc.array(stretch, { maxLength: 6 }),
    );
    fc.assert(
      fc.property(histories, ([before, after]) => {
        const quiet = { edges: 50 };
        const whole = aHistory([...before, quiet, ...after]);
        const cut = before.reduce((sum, { edges }) => sum + edges, 0) + 25;
        const { edges } = whole.span;
        const parts = [edges.slice(0, cut), edges.slice(cut)].map((part) => historyOf(part));
        expect(parts.flatMap((part) => rolloutsIn(part).rollouts)).toEqual(
          rolloutsIn(whole).rollouts,
        );
      }),
      { numRuns: 100 },
    );
  });

  it('traffic that goes up and down from scrape to scrape makes neither more of them nor fewer', () => {
    const noise = fc.array(fc.double({ min: 0.95, max: 1.05, noNaN: true }), {
      minLength: 96,
      maxLength: 96,
    });
    fc.assert(
      fc.property(noise, ([...factors]) => {
        const { edges } = aHistory([QUIET, step(10), step(30), step(60), QUIET]).span;
        const times = (counts: CountedVersion | undefined, factor = 1) =>
          counts && { ...counts, requests: counts.requests * factor };
        const noisy = edges.map(({ to, canary, primary }, i) => {
          return {
            to,
            canary: times(canary, factors[2 * i]),
            primary: times(primary, factors[2 * i + 1]),
          };
        });
        const { rollouts } = rolloutsIn(historyOf(noisy));
        expect(
          rollouts.map(({ from, to }) => [from, to].map((at) => (at - START) / EDGE_MS)),
        ).toEqual([[12, 36]]);
        expect(rollouts[0]?.steps).toHaveLength(3);
      }),
      { numRuns: 100 },
    );
  });

  it('they never overlap, lie in the history, and their weights rise', () => {
    fc.assert(
      fc.property(fc.array(stretch, { minLength: 1, maxLength: 12 }), (stretches) => {
        const history = aHistory(stretches);
        let last = history.span.from;
        for (const { from, to, comparedUntil, steps } of rolloutsIn(history).rollouts) {
          expect(from).toBeGreaterThanOrEqual(last);
          expect(to).toBeGreaterThan(from);
          expect(comparedUntil).toBeGreaterThanOrEqual(from);
          expect(comparedUntil).toBeLessThanOrEqual(to);
          const weights = steps.map(({ weight }) => weight);
          expect(weights).toEqual([...weights].sort((a, b) => a - b));
          last = to;
        }
        expect(last).toBeLessThanOrEqual(history.span.edges.at(-1)!.to);
      }),
      { numRuns: 100 },
    );
  });
});
