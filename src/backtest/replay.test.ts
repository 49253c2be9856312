import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aHistory, START, type Stretch } from '../../test/builders/history.ts';
import { costOf } from './cost.ts';
import type { Policy } from './policy.ts';
import { replay } from './replay.ts';
import { rolloutsIn } from './rollouts.ts';

const RATE = { name: 'request-success-rate', thresholdRange: { min: 99 } };
const DURATION = { name: 'request-duration', thresholdRange: { max: 500 } };

/** 10, 20, 30 and 40 %, a minute each; three failed checks roll back. */
function policy(rules: Policy['rules'], analysis: Record<string, unknown> = {}): Policy {
  const asked = { interval: '1m', threshold: 3, stepWeights: [10, 20, 30, 40], metrics: [RATE] };
  return { name: rules, rules, canary: aCanary({ analysis: { ...asked, ...analysis } }) };
}
const LINNET = policy('linnet');
const FLAGGER = policy('flagger');

/** Quiet, then the steps of a rollout with what is wrong in it, then quiet. */
function judged(of: Policy, more: Partial<Stretch>, weights = [10, 20, 30, 40], edges = 4) {
  const steps = weights.map((weight) => ({ edges: edges, weight, ...more }));
  const last = { edges: 2, weight: weights.at(-1)!, ...more };
  return tried(of, [{ edges: 20 }, ...steps, last, { edges: 20 }]);
}

function tried(policy: Policy, stretches: Stretch[]) {
  const history = aHistory(stretches);
  const [rollout] = rolloutsIn(history).rollouts;
  const replayed = replay(history, rollout!, policy);
  const cost = costOf(history, rollout!, policy, replayed);
  return { ...replayed, ...cost, after: (replayed.at - START) / 1000 - 300 };
}

const HEALTHY = { bad: 0.001, primaryBad: 0.001 };
const BROKEN = { bad: 0.5, primaryBad: 0.001 };
const BOTH = { bad: 0.3, primaryBad: 0.3 };

describe('a healthy canary', () => {
  it.each([
    ['Linnet', LINNET, 255],
    ['Flagger', FLAGGER, 240],
  ])('is promoted by %s after as many checks as it has steps', (_, by, after) => {
    const found = judged(by, HEALTHY);
    expect(found).toMatchObject({
      outcome: 'promote',
      by: 'checks',
      why: '4 of 4 checks passed',
      after,
    });
    expect(found.likely).toBeUndefined();
  });

  it('is let pass by a policy with more steps than history had', () => {
    const found = judged(policy('linnet', { stepWeights: [1, 2, 3, 4, 5, 6, 7, 8] }), HEALTHY);
    expect(found).toMatchObject({ outcome: 'promote', why: 'all 4 checks until its end passed' });
  });

  it('is not decided about before the first check', () => {
    const found = judged(policy('linnet', { interval: '30m' }), HEALTHY);
    expect(found).toMatchObject({ outcome: 'hold', why: 'no check was due before its end' });
  });
});

describe('a broken canary', () => {
  it('is taken back by the guard after two blocks', () => {
    const found = judged(LINNET, BROKEN);
    expect(found).toMatchObject({
      outcome: 'rollback',
      by: 'guard',
      charge: { of: 'errors' },
      after: 45,
    });
    expect(found.why).toMatch(
      /^5xx 30\/60 \(50%\) vs primary .*; evidence [\d.]+ >= 6\.2 after 30 s$/,
    );
    expect([found.failedUntil, found.failedAfter]).toEqual([45, 675]);
    expect(found.likely).toBeUndefined();
  });

  it('is taken back by the checks where the guard is off', () => {
    const found = judged(policy('linnet', { guard: { enabled: false } }), BROKEN);
    expect(found).toMatchObject({ outcome: 'rollback', by: 'checks', after: 195 });
    expect(found.why).toMatch(/^3 checks failed, the last: request-success-rate 50 % .* < 99 %/);
  });

  it('is taken back by Flagger at the tick after the last failed check', () => {
    const found = judged(FLAGGER, BROKEN);
    expect(found).toMatchObject({ outcome: 'rollback', by: 'checks', after: 240 });
    expect([found.failedUntil, found.failedAfter]).toEqual([600, 120]);
  });

  it('is missed by a policy that asks for nothing and has no guard', () => {
    const blind = policy('linnet', { metrics: [], guard: { enabled: false } });
    expect(judged(blind, BROKEN)).toMatchObject({ outcome: 'promote', likely: 'likely-miss' });
  });

  it('is held as long as too few checks have failed', () => {
    const found = judged(policy('flagger', { threshold: 9 }), BROKEN);
    expect(found).toMatchObject({ outcome: 'hold', after: 60 });
    expect(found.likely).toBeUndefined();
  });
});

describe('the first check of a rollout', () => {
  // Callers of the canary's own Service, before it had a weight: the edge after the first has them too.
  const early: Stretch[] = [
    { edges: 20 },
    { edges: 2, weight: 10, bad: 1 },
    { edges: 6, weight: 10 },
    { edges: 20 },
  ];
  const once = { threshold: 1, guard: { enabled: false }, stepWeights: [10] };

  it('leaves out what may lie in the first sample of an edge, as the controller does', () => {
    const found = tried(policy('linnet', once), early);
    expect(found).toMatchObject({ outcome: 'promote', why: '1 of 1 checks passed', after: 75 });
  });

  it('waits where no whole edge has ended by then', () => {
    const found = tried(policy('linnet', { ...once, interval: '10s' }), early);
    expect(found).toMatchObject({ outcome: 'promote', after: 45 });
  });

  it('has everything where the beginning is not in the history', () => {
    const found = tried(policy('linnet', { ...once, interval: '30s' }), [
      { edges: 20, isGap: true },
      ...early.slice(1),
    ]);
    expect(found).toMatchObject({ outcome: 'rollback', after: 30 });
  });
});

describe('an outage of both versions', () => {
  it('holds Linnet, and accuses nobody', () => {
    const found = judged(LINNET, BOTH);
    expect(found).toMatchObject({ outcome: 'hold', by: 'guard', after: 75 });
    expect(found.why).toMatch(/^primary is out of SLO itself/);
    expect(found.likely).toBeUndefined();
  });

  it('is a likely false alarm of a rule that looks at the canary only', () => {
    const found = judged(FLAGGER, BOTH);
    expect(found).toMatchObject({ outcome: 'rollback', likely: 'likely-false-alarm' });
    expect(found.failedAfter).toBeGreaterThan(0);
  });
});

describe('durations', () => {
  const SLOW = { slow: 0.3, primarySlow: 0.02 };

  it('convict, and a slow canary is no false alarm although it fails no more often', () => {
    const found = judged(LINNET, SLOW);
    expect(found).toMatchObject({ outcome: 'rollback', charge: { of: 'durations', bound: 100 } });
    expect(found.likely).toBeUndefined();
  });

  it('that are the primary’s too are a likely false alarm of a threshold', () => {
    const found = judged(policy('flagger', { metrics: [DURATION] }), {
      slow: 0.3,
      primarySlow: 0.3,
    });
    expect(found).toMatchObject({
      outcome: 'rollback',
      charge: { of: 'durations', bound: undefined },
      likely: 'likely-false-alarm',
    });
  });
});

describe('missing evidence', () => {
  const GAP: Stretch[] = [
    { edges: 20 },
    { edges: 2, weight: 10 },
    { edges: 8, isGap: true },
    { edges: 8, weight: 10 },
    { edges: 20 },
  ];

  it('is a failed check for Flagger, and holds Linnet', () => {
    expect(tried(policy('flagger', { threshold: 1 }), GAP)).toMatchObject({
      outcome: 'rollback',
      why: expect.stringContaining('no requests'),
    });
    expect(tried(policy('linnet', { threshold: 1, stepWeights: [10] }), GAP)).toMatchObject({
      outcome: 'promote',
    });
  });

  it('pauses Linnet for a person after maxHold', () => {
    const long: Stretch[] = [
      { edges: 20 },
      { edges: 30, weight: 10, ...BOTH },
      { edges: 20, weight: 10 },
      { edges: 20 },
    ];
    const found = tried(policy('linnet', { maxHold: '3m' }), long);
    expect(found).toMatchObject({
      outcome: 'hold',
      after: 75,
      why: expect.stringMatching(/after 3m it is paused for a person$/),
    });
  });
});

it('the policy’s promotion comes before what breaks later', () => {
  const quick = policy('linnet', { stepWeights: [10], interval: '30s' });
  const found = tried(quick, [
    { edges: 20 },
    { edges: 8, weight: 10, ...HEALTHY },
    { edges: 8, weight: 10, ...BROKEN },
    { edges: 20 },
  ]);
  expect(found).toMatchObject({ outcome: 'promote', after: 45, likely: 'likely-miss' });
});

it('a schedule says when checks are due', () => {
  const found = judged(
    policy('linnet', { schedule: '*/2 * * * *', stepWeights: [10, 20] }),
    HEALTHY,
  );
  expect(found).toMatchObject({ outcome: 'promote', after: 180 });
});

describe('laws', () => {
  const share = fc.double({ min: 0, max: 0.2, noNaN: true });
  const stretches = fc.array(
    fc.record({
      edges: fc.integer({ min: 4, max: 8 }),
      weight: fc.integer({ min: 10, max: 60 }),
      bad: share,
      primaryBad: share,
    }),
    { minLength: 1, maxLength: 5 },
  );
  const judgedBy = (by: Policy, steps: Stretch[]) =>
    tried(by, [{ edges: 20 }, ...steps, { edges: 20 }]);

  it('what failed is counted once, before the verdict or after it', () => {
    fc.assert(
      fc.property(stretches, fc.constantFrom(LINNET, FLAGGER), (steps, by) => {
        const first = rolloutsIn(aHistory([{ edges: 20 }, ...steps, { edges: 20 }])).rollouts[0]!;
        const inIt = aHistory([{ edges: 20 }, ...steps, { edges: 20 }])
          .span.edges.filter(({ to }) => to > first.from && to <= first.to)
          .reduce((sum, { canary }) => sum + (canary?.bad ?? 0), 0);
        const { failedUntil, failedAfter } = judgedBy(by, steps);
        expect(failedUntil + failedAfter).toBeCloseTo(inIt, 6);
        expect(Math.min(failedUntil, failedAfter)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it('a policy that never convicts costs nothing in false alarms', () => {
    const blind = policy('linnet', { metrics: [], guard: { enabled: false } });
    fc.assert(
      fc.property(stretches, (steps) => {
        const { outcome, likely } = judgedBy(blind, steps);
        expect(outcome).not.toBe('rollback');
        expect(likely).not.toBe('likely-false-alarm');
      }),
      { numRuns: 60 },
    );
  });

  it('the guard never takes back a canary that fails exactly as often as the primary', () => {
    fc.assert(
      fc.property(stretches, (steps) => {
        const alike = steps.map((step) => ({ ...step, primaryBad: step.bad }));
        const found = judgedBy(policy('linnet', { metrics: [] }), alike);
        expect(found.outcome).not.toBe('rollback');
      }),
      { numRuns: 60 },
    );
  });
});
