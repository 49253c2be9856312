import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { basisOf, pinnedOf } from './pins.ts';
import { guardParameters } from './parameters.ts';

const COUNTERS = { edgeMs: 1000, scrapeMs: 5000, clockMs: 0, lagMs: 1250 };
const METRICS = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];

const basis = (analysis: object = {}, counters = COUNTERS) =>
  basisOf(aCanary({ analysis: { metrics: METRICS, ...analysis } }), counters);

const pinned = (changes: object = {}, analysis: object = {}) =>
  pinnedOf({
    ...basis(analysis)!,
    start: '2026-11-21T10:00:00.000Z',
    shifts: [
      [1, 10, 0, 2000, 1],
      [2, 20, 60_000, -1],
    ],
    ...changes,
  });

describe('what is pinned of the rules', () => {
  it('gives the parameters back that the analysis asked for', () => {
    const asked = { errors: { slo: 99.5, ratio: 2 }, latency: { enabled: false }, block: '8s' };
    const analysis = { metrics: METRICS, guard: asked };
    const found = pinned({}, analysis)!;
    expect(found.parameters).toEqual(guardParameters(aCanary({ analysis }).spec.analysis));
    expect(found.grid).toEqual({ edgeMs: 1000, blockMs: 8000 });
  });

  it('is none where nobody asks for a guard', () => {
    expect(basis({ guard: { enabled: false } })).toBeUndefined();
  });

  it('has blocks no shorter than the time between two scrapes', () => {
    expect(basis({}, { ...COUNTERS, scrapeMs: 15_000 })).toMatchObject({ blockMs: 15_000 });
    expect(basis({}, { ...COUNTERS, edgeMs: 5000, scrapeMs: 12_000 })).toMatchObject({
      blockMs: 15_000,
    });
  });

  const apart: [string, object, RegExp][] = [
    ['A/B testing', { iterations: 3, match: [{ headers: { a: { exact: 'b' } } }] }, /that match/],
    ['weights for those who match', { match: [{ headers: { a: { exact: 'b' } } }] }, /that match/],
    ['blue-green', { iterations: 3 }, /nothing to compare/],
    ['mirroring', { iterations: 3, mirror: true }, /nothing to compare/],
  ];
  it.each(apart)('is only a reason for %s', (_strategy, analysis, why) => {
    expect(basis(analysis)).toEqual({ version: 1, sitsOut: expect.stringMatching(why) as string });
  });

  it('compares a rollout that mirrors before it has weights, and one that keeps visitors', () => {
    expect(basis({ mirror: true })?.sitsOut).toBeUndefined();
    const sessionAffinity = { cookieName: 'c', maxAge: 60 };
    expect(basis({ sessionAffinity })?.sitsOut).toBeUndefined();
  });
});

describe('what is pinned of the weights', () => {
  const START = Date.parse('2026-11-21T10:00:00.000Z');

  it('is told by the clock of the metrics store', () => {
    expect(pinned({ clockMs: 60_000 })).toMatchObject({
      clockMs: 60_000,
      shifts: [
        {
          step: 1,
          weight: 10,
          writtenAt: START + 60_000,
          carriedAt: START + 62_000,
          isFresh: true,
        },
        { step: 2, weight: 20, writtenAt: START + 120_000, carriedAt: undefined, isFresh: false },
      ],
    });
  });

  const useless: [string, object | undefined][] = [
    ['of other rules', { version: 2 }],
    ['of versions that are not compared', { alpha: undefined }],
    ['without a weight', { start: undefined }],
    ['without a grid', { edgeMs: 0 }],
    ['with blocks shorter than what is counted', { blockMs: 500 }],
    ['with a time that is none', { start: 'yesterday' }],
  ];
  it.each(useless)('is nothing to go by %s', (_what, changes) => {
    expect(pinned(changes)).toBeUndefined();
  });

  it('is none where nothing is pinned', () => {
    expect(pinnedOf(undefined)).toBeUndefined();
  });
});
