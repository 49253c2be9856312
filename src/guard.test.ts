import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCanary } from '../test/builders/canary.ts';
import type { Canary } from './api/canary.ts';
import type { GuardPins } from './api/guard-pins.ts';
import type { CanaryStatus } from './api/status.ts';
import { guard } from './guard.ts';
import type { EvidenceStore, StoredEvidence } from './ports/evidence.ts';
import type { CountedEdge, CountedVersion, Telemetry } from './ports/telemetry.ts';
import type { World } from './ports/world.ts';

const START = Date.parse('2026-11-21T10:00:00Z');
const EDGE_MS = 1000;
const LAG_MS = 1250;

const PINS: GuardPins = {
  version: 1,
  alpha: 0.01,
  minRequests: 0,
  errors: { ratio: 1.25, difference: 0.002, budget: 0.01 },
  latency: { ratio: 1.25, difference: 0.01, warmupMs: 30_000 },
  edgeMs: EDGE_MS,
  blockMs: 5000,
  start: new Date(START).toISOString(),
};

type Shifts = NonNullable<GuardPins['shifts']>;
type Second = readonly [canary: CountedVersion | undefined, primary: CountedVersion | undefined];

/** What a metrics store holds of a rollout, second by second. */
class Rollout {
  now = START;
  readonly seconds: readonly Second[];
  readonly shifts: Shifts;

  constructor(seconds: readonly Second[], shifts: Shifts) {
    this.seconds = seconds;
    this.shifts = shifts;
  }

  /** The Canary as it reads at this time. */
  canary(): Canary {
    const at = this.now - START;
    const known = this.shifts.filter(([, , written = 0]) => written <= at);
    const shifts = known.map((shift) => ((shift[3] ?? 0) > at + 3000 ? shift.with(3, -1) : shift));
    const [step = 0, weight = 0] = shifts.at(-1) ?? [];
    const status: CanaryStatus = {
      phase: 'Progressing',
      planVersion: 1,
      revision: 'r1',
      startedAt: 'then',
      canaryWeight: weight,
      failedChecks: 0,
      iterations: 0,
      conditions: [],
      fences: {},
      step: { index: step, weight },
      guard: { ...PINS, shifts },
    };
    return aCanary({ status, analysis: { metrics: [RATE] } });
  }

  counted: Telemetry['counted'] = (_canary, { from, until, edgeMs }) => {
    const to = Math.floor((this.now - LAG_MS) / edgeMs) * edgeMs;
    if (to < until) return Promise.resolve(undefined);
    const edges = Array.from({ length: (to - from) / edgeMs }, (_, i): CountedEdge => {
      const end = from + (i + 1) * edgeMs;
      const [canary, primary] = this.seconds[(end - START) / EDGE_MS - 1] ?? [];
      return { to: end, canary, primary };
    });
    return Promise.resolve({ from, edges });
  };

  look(evidence: EvidenceStore) {
    const telemetry = {
      grid: () => ({ edgeMs: EDGE_MS, scrapeMs: EDGE_MS, clockMs: 0, lagMs: LAG_MS }),
      counted: this.counted,
    };
    const clock = { now: () => this.now };
    return guard(this.canary(), { clock, telemetry, evidence } as unknown as World);
  }
}

const lasting = (second: Second, written: Shifts) =>
  new Rollout(
    Array.from({ length: 60 }, () => second),
    written,
  );

const RATE = { name: 'request-success-rate', thresholdRange: { min: 99 } };

/** A Redis that any number of processes share, each with what it knows itself. */
class Shared {
  kept = new Map<string, string>();
  isAway = false;
  /** Every advance that was taken: from which block to which. */
  readonly steps: [string, number][] = [];

  process(own = new Map<string, StoredEvidence>()): EvidenceStore {
    return {
      read: (id, until) => {
        const mine = own.get(id);
        if (mine !== undefined && mine.block >= until) return Promise.resolve(mine);
        const text = this.isAway ? undefined : this.kept.get(id);
        const shared = text === undefined ? undefined : (JSON.parse(text) as StoredEvidence);
        const newest = shared && (mine?.block ?? 0) <= shared.block ? shared : mine;
        return Promise.resolve(newest);
      },
      advance: (id, before, next) => {
        if (!this.isAway) {
          const known = this.kept.get(id);
          const at = known && (JSON.parse(known) as StoredEvidence).block;
          if (at && (before === undefined || at > before.block)) return Promise.resolve(false);
          this.kept.set(id, JSON.stringify(next));
          this.steps.push([id, next.block]);
        }
        own.set(id, next);
        return Promise.resolve(true);
      },
    };
  }
}

const version = (most: number, failing: number) =>
  fc.option(
    fc.record({ n: fc.nat(most), slow: fc.nat(9) }).map(({ n, slow }): CountedVersion => {
      const bad = Math.round(n * failing);
      const within = Math.round(((n - bad) * (10 - slow)) / 10);
      return { requests: n, bad, durations: { requests: n - bad, within: [[100, within]] } };
    }),
    { freq: 6, nil: undefined },
  );

const seconds = fc
  .tuple(fc.constantFrom(0, 0.1, 0.6), fc.constantFrom(0, 0.005, 0.03))
  .chain(([ours, theirs]) =>
    fc.array(fc.tuple(version(40, ours), version(300, theirs)), { minLength: 30, maxLength: 90 }),
  );
const shifts = fc
  .array(fc.record({ wait: fc.integer({ min: 0, max: 40_000 }), late: fc.nat(4000) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((steps): Shifts => {
    let written = 0;
    return steps.map(({ wait, late }, i) => {
      if (i > 0) written += wait;
      const shift = [i + 1, 10 * (i + 1), written, written + late, ...(i % 2 === 0 ? [1] : [])];
      written += late;
      return shift;
    });
  });
/** What happens between two looks. */
const happenings = fc.array(
  fc.record({
    pause: fc.integer({ min: 1, max: 12_000 }),
    what: fc.constantFrom('nothing', 'nothing', 'restart', 'flush', 'away', 'back'),
    who: fc.nat(1),
  }),
  { minLength: 5, maxLength: 30 },
);

describe('evidence', () => {
  it('is the same live and replayed, whoever looked when, and whatever was lost on the way', async () => {
    let convicted = 0;
    await fc.assert(
      fc.asyncProperty(seconds, shifts, happenings, async (held, written, looks) => {
        const rollout = new Rollout(held, written);
        const shared = new Shared();
        const replicas = [shared.process(), shared.process()];
        for (const { pause, what, who } of looks) {
          rollout.now += pause;
          if (what === 'restart') replicas[who] = shared.process();
          if (what === 'flush') shared.kept.clear();
          if (what === 'away' || what === 'back') shared.isAway = what === 'away';
          await rollout.look(replicas[who]!);
        }
        const live = await Promise.all(replicas.map((replica) => rollout.look(replica)));
        const anew = new Map<string, StoredEvidence>();
        const replayed = await rollout.look(new Shared().process(anew));
        for (const one of live) expect(one).toEqual(replayed);
        // What Redis has lost or slept through, the replicas know themselves.
        for (const [id, evidence] of anew) {
          const kept = JSON.parse(shared.kept.get(id) ?? '{}') as Partial<StoredEvidence>;
          const isOlder = kept.block !== evidence.block;
          expect(isOlder || isDeepStrictEqual(kept.state, asJson(evidence.state))).toBe(true);
        }
        if (replayed?.ruling?.outcome === 'rollback') convicted += 1;
      }),
      { numRuns: 200 },
    );
    // Neither all guilty nor all innocent: else this would tell nothing.
    expect(convicted).toBeGreaterThan(10);
    expect(convicted).toBeLessThan(190);
  }, 120_000);

  it('is added once to each block by any number of replicas', async () => {
    const broken: Second = [
      { requests: 4, bad: 4 },
      { requests: 50, bad: 0 },
    ];
    const rollout = lasting(broken, [[1, 10, 0, 0]]);
    const shared = new Shared();
    const replicas = Array.from({ length: 4 }, () => shared.process());
    rollout.now = START + 5000 + LAG_MS;
    const first = await Promise.all(replicas.map((replica) => rollout.look(replica)));
    expect(first.map((found) => found?.ruling?.outcome)).toEqual(Array(4).fill('hold'));
    expect(shared.steps.map(([, block]) => (block - START) / 1000)).toEqual([5]);
    rollout.now += 5000;
    const second = await Promise.all(replicas.map((replica) => rollout.look(replica)));
    expect(second.map((found) => found?.ruling?.outcome)).toEqual(Array(4).fill('rollback'));
    expect(shared.steps.map(([, block]) => (block - START) / 1000)).toEqual([5, 10]);
  });

  it('of a block in which the weight changed is void, also for who had not heard of it in time', async () => {
    // Four seconds at 5 %, all well; one at 80 %, and everything fails in either version from then on.
    const calm: Second = [
      { requests: 3, bad: 1 },
      { requests: 248, bad: 0 },
    ];
    const outage: Second = [
      { requests: 40, bad: 40 },
      { requests: 10, bad: 10 },
    ];
    const held = Array.from({ length: 60 }, (_, i) => (i < 9 ? calm : outage));
    const told = new Rollout(held, [
      [1, 5, 0, 0],
      [2, 80, 9000, 9500],
    ]);
    const late = new Rollout(held, [
      [1, 5, 0, 0],
      [2, 80, 12_000, 9500],
    ]);
    const shared = new Shared();
    const replica = shared.process();
    late.now = START + 11_500;
    await late.look(replica);
    const evidence = [...shared.kept.values()].map((text) => JSON.parse(text) as StoredEvidence);
    expect(evidence).toMatchObject([{ block: START + 10_000, shifts: 1 }]);
    for (const second of [12, 16, 21, 26, 31]) {
      told.now = START + second * 1000;
      const found = await told.look(replica);
      expect(found?.ruling?.outcome).not.toBe('rollback');
    }
  });

  it('begins anew where what was stored is damaged', async () => {
    const broken: Second = [
      { requests: 4, bad: 4 },
      { requests: 50, bad: 0 },
    ];
    const rollout = lasting(broken, [[1, 10, 0, 0]]);
    const shared = new Shared();
    rollout.now = START + 12_000;
    await rollout.look(shared.process());
    const [[id, text]] = [...shared.kept] as [[string, string]];
    const { block } = JSON.parse(text) as StoredEvidence;
    shared.kept.set(id, JSON.stringify({ block, shifts: 1, state: { scores: 'none' } }));
    expect((await rollout.look(shared.process()))?.ruling?.outcome).toBe('rollback');
  });
});

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe('the guard', () => {
  const rollout = () => new Rollout([], [[1, 10, 0, 0]]);

  it('says nothing before it knows the counters, and nothing of what is at rest', async () => {
    const { process } = { process: new Shared().process() };
    const grid = () => undefined;
    const clock = { now: () => START };
    const world = { clock, telemetry: { grid }, evidence: process } as unknown as World;
    expect(await guard(rollout().canary(), world)).toBeUndefined();
    const canary = rollout().canary();
    const idle = { ...canary, status: { ...canary.status!, phase: 'Succeeded' as const } };
    expect(await guard(idle, world)).toBeUndefined();
  });

  it('waits for the plan while a weight is on its way', async () => {
    const one = new Rollout([], [[1, 10, 0, 50_000]]);
    expect(await one.look(new Shared().process())).toMatchObject({ ruling: undefined });
  });
});
