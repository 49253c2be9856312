import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL, HOLD, obedient, PASS, type Around } from '../../test/builders/observation.ts';
import { adopted, NEW, NEWER, OLD } from '../../test/builders/story.ts';
import { decide } from './decide.ts';
import { intentOf } from './intent.ts';
import type { GuardRuling, GuardSeen } from './observation.ts';

/** One look at the canary: what surrounds it, what somebody does to it, and how late it is. */
interface Look {
  readonly around: Around;
  readonly spec: { suspend?: boolean; skipAnalysis?: boolean };
  readonly seconds: number;
}

const around: fc.Arbitrary<Around> = fc.record({
  revision: fc.oneof(
    { weight: 30, arbitrary: fc.constant(NEW.revision) },
    { weight: 1, arbitrary: fc.constantFrom(OLD.revision, NEWER.revision) },
  ),
  verdict: fc.constantFrom(PASS, PASS, PASS, FAIL, HOLD, undefined),
  primaryReady: mostly(true),
  canaryReady: mostly(true),
  routesCarried: mostly(true),
  targetMissing: mostly(false),
  heldByServices: fc.constantFrom([], [], ['legacy']),
  guard: fc
    .constantFrom<GuardRuling['outcome'] | undefined>('pass', 'pass', 'pass', 'hold', undefined)
    .chain((outcome) => mostly(false).map((isGuilty) => (isGuilty ? 'rollback' : outcome)))
    .map(guardSaying),
});

function guardSaying(outcome: GuardRuling['outcome'] | undefined): GuardSeen {
  const basis = { version: 1, alpha: 0.01, minRequests: 0, edgeMs: 1000, blockMs: 5000 };
  const line = `${outcome?.toUpperCase()}: as it was counted`;
  return { basis, ruling: outcome && { outcome, line, isSharedOutage: outcome === 'hold' } };
}

const look: fc.Arbitrary<Look> = fc.record({
  around,
  spec: fc.record({ suspend: mostly(false), skipAnalysis: mostly(false) }),
  seconds: fc.integer({ min: 0, max: 40 }),
});

const plan = fc.constantFrom<Record<string, unknown>>(
  { stepWeight: 20, maxWeight: 60 },
  { stepWeights: [1, 5, 50, 100] },
  { iterations: 2 },
  { iterations: 2, match: [{ headers: { 'x-canary': { exact: 'yes' } } }] },
  { stepWeight: 50, stepWeightPromotion: 30, mirror: true },
);

interface Step {
  readonly before: CanaryStatus | undefined;
  readonly after: CanaryStatus;
  readonly look: Look;
  readonly canary: Canary;
}

it('walks far enough to see every phase of a rollout', () => {
  const phases = new Set<string>();
  everyStep(({ after }) => phases.add(after.phase));
  const expected = ['Initialized', 'Progressing', 'Promoting', 'Finalising', 'Succeeded', 'Failed'];
  expect([...phases]).toEqual(expect.arrayContaining(expected));
});

describe('whatever happens', () => {
  it('raises a weight only when the canary is ready and the last plan was carried out', () => {
    everyStep(({ before, after, look: { around } }) => {
      if (after.canaryWeight <= (before?.canaryWeight ?? 0)) return;
      expect(around.canaryReady).toBe(true);
      expect(around.routesCarried).toBe(true);
    });
  });

  it('raises no weight that the canary has while the guard doubts or convicts', () => {
    everyStep(({ before, after, look: { around } }) => {
      const outcome = around.guard?.ruling?.outcome;
      if (outcome !== 'hold' && outcome !== 'rollback') return;
      const isOnItsWay = before?.phase === 'Promoting' || before?.canaryWeight === 0;
      if (isOnItsWay || before === undefined) return;
      expect(after.canaryWeight).toBeLessThanOrEqual(before.canaryWeight);
    });
  });

  it('pins every weight for the guard, one after the other', () => {
    everyStep(({ after: { guard, phase, canaryWeight } }) => {
      const written = (guard?.shifts ?? []).map(([, , at = 0]) => at);
      expect(written).toEqual(written.toSorted((a, b) => a - b));
      if (phase !== 'Progressing' || guard?.start === undefined) return;
      expect(guard.shifts?.at(-1)?.[1]).toBe(canaryWeight);
    });
  });

  it('takes the weight from a canary without ready pods at once', () => {
    everyStep(({ before, after, look: { around } }) => {
      if (!WITH_TRAFFIC.has(before?.phase ?? '') || around.canaryReady) return;
      expect(after.canaryWeight).toBe(0);
    });
  });

  it('never has the target scaled to nothing while it has weight', () => {
    everyStep(({ canary, after }) => {
      const { target, routes } = intentOf(canary, after);
      if (typeof routes === 'string' || (routes.canaryWeight === 0 && !routes.matched)) return;
      expect('mode' in target && target.mode === 'exactly').toBe(false);
    });
  });

  it('lets fences and message numbers only grow', () => {
    everyStep(({ before, after }) => {
      for (const [name, fence] of Object.entries(before?.fences ?? {})) {
        expect(Number((after.fences as Record<string, number>)[name])).toBeGreaterThanOrEqual(
          Number(fence),
        );
      }
      expect(after.messages ?? 0).toBeGreaterThanOrEqual(before?.messages ?? 0);
    });
  });

  it('stays small', () => {
    everyStep(({ after }) => {
      expect(JSON.stringify(after).length).toBeLessThan(32 * 1024);
      expect(after.outbox?.length ?? 0).toBeLessThanOrEqual(20);
      expect(after.history?.length ?? 0).toBeLessThanOrEqual(10);
    });
  });

  it('is Ready, Reconciling or Stalled, and exactly one of them', () => {
    everyStep(({ after }) => {
      const standing = after.conditions.filter(({ type }) =>
        ['Ready', 'Reconciling', 'Stalled'].includes(type),
      );
      expect(standing.filter(({ status }) => status === 'True')).toHaveLength(1);
    });
  });

  it('decides the same from the same', () => {
    everyStep(({ canary, look, after }) => {
      expect(decide(canary, obedient(canary, look.around), nowOf(look))).toEqual(after);
    });
  });

  it('tells how a rollout ended only in its terminal phase', () => {
    everyStep(({ before, after }) => {
      const told = after.outbox?.find(({ n }) => n > (before?.messages ?? 0))?.kind;
      const phase = told === 'promoted' ? 'Succeeded' : told === 'failed' ? 'Failed' : after.phase;
      expect(after.phase).toBe(phase);
    });
  });
});

const WITH_TRAFFIC = new Set(['Progressing', 'WaitingPromotion', 'Promoting']);

let clock = 0;
const times = new WeakMap<Look, number>();

function nowOf(look: Look): number {
  return times.get(look) ?? 0;
}

/** Walks through random looks and checks each decision on the way. */
function everyStep(check: (step: Step) => void): void {
  fc.assert(
    fc.property(plan, fc.boolean(), looks, (analysis, isAdopted, looks) => {
      clock = Date.UTC(2026, 10, 21, 10);
      let status = isAdopted ? adopted(aCanary({ analysis })).status : undefined;
      for (const look of looks) {
        clock += look.seconds * 1000;
        times.set(look, clock);
        const canary = aCanary({
          analysis,
          spec: look.spec,
          ...(status === undefined ? {} : { status }),
        });
        const after = decide(canary, obedient(canary, look.around), clock);
        check({ before: status, after, look, canary });
        status = after;
      }
    }),
    { numRuns: 150 },
  );
}

const looks = fc.array(look, { minLength: 10, maxLength: 60 });

function mostly(usual: boolean): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 9 }).map((n) => (n === 9 ? !usual : usual));
}
