import { describe, expect, it } from 'vitest';
import { failures, shares, strays, unfairShares, unserved } from '../mesh/traffic/laws.ts';
import type { Answer } from '../mesh/traffic/load.ts';
import type { PlanSeen } from '../mesh/traffic/record.ts';

/** What the mesh suite holds against traffic: each law must be able to fail. */

const OLD = 'shop:1';
const NEW = 'shop:2';
const NEWER = 'shop:3';

function plan(at: number, weight: number, more: Partial<PlanSeen> = {}): PlanSeen {
  const rollout = { phase: 'Progressing', stage: 'analyse', candidate: NEW, stable: OLD } as const;
  return { at, weight, ...rollout, ...more };
}

function answer(sentAt: number, version: string | undefined, status = 200): Answer {
  return { side: 'mesh', sentAt, endedAt: sentAt + 10, status, version, visitor: 0 };
}

/** As many answers as given of each version, from a moment on. */
function answers(from: number, counts: Readonly<Record<string, number>>): Answer[] {
  return Object.entries(counts).flatMap(([version, count]) =>
    Array.from({ length: count }, (_, i) => answer(from + i, version)),
  );
}

describe('a stray', () => {
  const plans = [
    plan(0, 0),
    plan(10_000, 20),
    plan(20_000, 0),
    plan(30_000, 20),
    plan(40_000, 0, { candidate: NEWER }),
    plan(50_000, 10, { candidate: NEWER }),
  ];

  it.each([
    ['the candidate before it had weight', 5000, NEW],
    ['the candidate long after its weight was taken', 25_000, NEW],
    ['an older revision while a newer one is analysed', 60_000, NEW],
    ['the newer revision before it has weight', 45_000, NEWER],
    ['a version that nobody knows', 15_000, 'shop:0'],
  ])('is who met %s', (_, at, version) => {
    expect(strays({ plans, answers: [answer(at, version)] })).toHaveLength(1);
  });

  it.each([
    ['the stable version', 5000, OLD],
    ['the candidate at its weight', 15_000, NEW],
    ['the candidate while its weight is being taken', 22_000, NEW],
    ['the newer revision while the weight of the older one is being taken', 41_000, NEWER],
    ['a proxy', 5000, undefined],
  ])('is not who met %s', (_, at, version) => {
    expect(strays({ plans, answers: [answer(at, version)] })).toEqual([]);
  });

  it('is nobody while the primary changes over', () => {
    const promoting = [plan(0, 0, { phase: 'Promoting', stage: 'copy' })];
    expect(strays({ plans: promoting, answers: [answer(5000, NEW)] })).toEqual([]);
  });
});

describe('a share', () => {
  const plans = [plan(0, 0), plan(10_000, 20), plan(20_000, 40)];

  it('counts only what one weight alone can have routed', () => {
    const all = [...answers(10_500, { [NEW]: 30 }), ...answers(15_000, { [OLD]: 80, [NEW]: 20 })];
    expect(shares({ plans, answers: all })).toContainEqual({
      side: 'mesh',
      weight: 20,
      requests: 100,
      met: 20,
    });
  });

  it.each([
    [80, 20, true],
    [70, 30, true],
    [50, 50, false],
    [100, 0, false],
  ])('of %i and %i at weight 20 is chance: %s', (old, candidate, isFair) => {
    const all = answers(15_000, { [OLD]: old, [NEW]: candidate });
    expect(unfairShares({ plans, answers: all })).toHaveLength(isFair ? 0 : 1);
  });
});

it('a request is unserved when no pod answered it', () => {
  const all = [
    answer(1, OLD),
    answer(2, NEW, 500),
    answer(3, undefined, 503),
    answer(4, undefined, 0),
  ];
  expect(failures({ answers: all })).toHaveLength(3);
  expect(unserved({ answers: all })).toHaveLength(2);
});
