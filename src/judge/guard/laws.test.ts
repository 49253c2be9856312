import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aBlock, parametersOf, stateAfter } from '../../../test/builders/guard.ts';
import { advance } from './advance.ts';
import type { Block, VersionCounts } from './block.ts';
import type { GuardParameters } from './parameters.ts';
import { rule } from './ruling.ts';
import { newState, readState } from './state.ts';

const BOUNDS = [10, 100, 1000];

const count = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 1e9 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
);
const share = fc.double({ min: 0, max: 1, noNaN: true });
const version: fc.Arbitrary<VersionCounts> = fc
  .tuple(count, share, fc.array(share, { minLength: 3, maxLength: 3 }), fc.boolean())
  .map(([requests, bad, within, timed]) => ({
    requests,
    bad: requests * bad,
    ...(timed
      ? {
          durations: {
            requests,
            within: BOUNDS.map((bound, i): [number, number] => [bound, requests * within[i]!]),
          },
        }
      : {}),
  }));
const sampled = fc.option(version, { nil: undefined, freq: 9 });

const blocks: fc.Arbitrary<Block[]> = fc
  .array(fc.tuple(sampled, sampled, fc.integer({ min: 0, max: 9 }), fc.boolean()), {
    minLength: 1,
    maxLength: 40,
  })
  .map((parts) =>
    parts.map(([canary, primary, kind, isWarm], i) =>
      aBlock(i, [0, 0, 0, 0], {
        canary,
        primary,
        isWarm,
        isVoid: kind === 0,
        step: 1 + Math.floor(i / 10),
        weight: kind === 1 ? 100 : 10,
      }),
    ),
  );

const parameters = parametersOf();

describe('laws of the guard', () => {
  it('always ends in a ruling, with finite numbers, for counts up to a billion', () => {
    fc.assert(
      fc.property(blocks, (given) => {
        const state = stateAfter(given, parameters);
        // What is no finite number is `null` in JSON.
        expect(JSON.stringify(state)).not.toContain('null');
        expect(['pass', 'hold', 'rollback']).toContain(rule(state, parameters).outcome);
      }),
    );
  });

  it('comes to the same state wherever it was stored and read again', () => {
    fc.assert(
      fc.property(blocks, fc.nat(), (given, cut) => {
        const at = cut % given.length;
        const before = stateAfter(given.slice(0, at), parameters);
        const stored: unknown = JSON.parse(JSON.stringify(before));
        const resumed = stateAfter(given.slice(at), parameters, readState(stored, 'r1'));
        expect(resumed).toEqual(stateAfter(given, parameters));
      }),
    );
  });

  it('takes in no block twice, in whatever order replicas bring them', () => {
    fc.assert(
      fc.property(blocks, fc.array(fc.nat(), { maxLength: 40 }), (given, again) => {
        const noisy = given.flatMap((block, i) => {
          const old = given[(again[i] ?? 0) % (i + 1)]!;
          return [block, old, block];
        });
        expect(stateAfter(noisy, parameters)).toEqual(stateAfter(given, parameters));
      }),
    );
  });

  it('finds no evidence in blocks that are void or lack a version', () => {
    const silent = fc.array(fc.tuple(version, version, fc.integer({ min: 0, max: 2 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(silent, (parts) => {
        const given = parts.map(([canary, primary, kind], i) =>
          aBlock(i, [0, 0, 0, 0], {
            canary: kind === 0 ? undefined : canary,
            primary: kind === 1 ? undefined : primary,
            isVoid: true,
          }),
        );
        const fresh = newState(parameters, 'r1', 0);
        const state = stateAfter(given, parameters, fresh);
        expect(state.errors).toEqual(fresh.errors);
        expect(state.latency).toEqual([]);
        expect(state.slo.scores).toEqual(fresh.slo.scores);
        expect(state.conviction).toBeUndefined();
      }),
    );
  });

  it('does not care in which order what one block holds was counted', () => {
    // A version that is seen only in the last part: all of it is one block.
    const parts = fc.array(version, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(parts, version, fc.nat(), (primaries, canary, turn) => {
        const turned = primaries.map((_, i) => primaries[(i + turn) % primaries.length]!);
        const scores = [primaries, turned].map((order) => {
          const given = order.map((primary, i) =>
            aBlock(i, [0, 0, 0, 0], {
              primary,
              canary: i === order.length - 1 ? canary : undefined,
            }),
          );
          return stateAfter(given, WITHOUT_SLO).errors.scores;
        });
        for (const [i, score] of scores[0]!.entries()) {
          expect(Math.abs(score - scores[1]![i]!)).toBeLessThan(1e-6 * (1 + Math.abs(score)));
        }
      }),
    );
  });

  it('speaks against a canary no less when more of its requests fail', () => {
    const counted = fc.tuple(
      fc.integer({ min: 1, max: 500 }),
      share,
      fc.integer({ min: 1, max: 5000 }),
      share,
    );
    const given = fc.array(counted, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(given, fc.nat(), share, (all, at, more) => {
        const worse = all.map(([nc, pc, np, pp], i): [number, number, number, number] =>
          i === at % all.length ? [nc, pc + more * (1 - pc), np, pp] : [nc, pc, np, pp],
        );
        const [few, many] = [all, worse].map((rates) => {
          const blocks = rates.map(([nc, pc, np, pp], i) => aBlock(i, [nc, nc * pc, np, np * pp]));
          return stateAfter(blocks, UNCONVINCED).errors.scores;
        });
        for (const [i, score] of few!.entries()) {
          expect(many![i]!).toBeGreaterThanOrEqual(score - 1e-9 * (1 + Math.abs(score)));
        }
      }),
    );
  });
});

const WITHOUT_SLO: GuardParameters = {
  ...parameters,
  errors: { ratio: 1.25, difference: 0.002, budget: undefined },
};

/** It never convicts, so that scores can be told to the end. */
const UNCONVINCED: GuardParameters = { ...WITHOUT_SLO, alpha: 1e-300 };

describe('a canary exactly on the line of what is allowed', () => {
  const RAW: GuardParameters = { ...WITHOUT_SLO, alpha: 0.05, icc: 0, cap: 1e9 };

  it('is rolled back no more often than promised, though it is looked at after each of 84 blocks', () => {
    // Ville's inequality: at most alpha * (1/2 + 84 * e^-5). Of 400 that is 21.
    const next = uniform(20_26);
    let convicted = 0;
    for (let run = 0; run < 400; run++) {
      const primaryRate = 0.04 * next();
      const canaryRate = 1.25 * primaryRate + 0.002;
      let state = newState(RAW, 'r1', 0);
      for (let i = 0; i < 84 && state.conviction === undefined; i++) {
        const counted = [30, failures(30, canaryRate, next), 90, failures(90, primaryRate, next)];
        state = advance(state, aBlock(i, counted as [number, number, number, number]), RAW);
      }
      if (state.conviction !== undefined) convicted++;
    }
    expect(convicted).toBeLessThanOrEqual(400 * 0.05 * (0.5 + 84 * Math.exp(-5)));
    // A test that could not convict anybody would prove nothing.
    expect(convicted).toBeGreaterThan(0);
  });
});

/** From 0 up to 1, the same on every machine: the generator of Park and Miller. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function failures(requests: number, rate: number, next: () => number): number {
  let failed = 0;
  for (let i = 0; i < requests; i++) if (next() < rate) failed++;
  return failed;
}
