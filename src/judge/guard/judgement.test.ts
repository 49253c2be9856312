import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import type { CountedEdge } from '../../ports/telemetry.ts';
import { firstEvidence, follow } from './follow.ts';
import { judgementOf } from './judgement.ts';
import { pinnedOf } from './pins.ts';

const START = Date.parse('2026-11-21T10:00:00Z');

const PINNED = pinnedOf({
  version: 1,
  alpha: 0.01,
  minRequests: 0,
  errors: { ratio: 1.25, difference: 0.002 },
  edgeMs: 1000,
  blockMs: 5000,
  start: new Date(START).toISOString(),
  shifts: [[1, 10, -2000, 0, 1]],
})!;

const STATUS = {
  phase: 'Progressing',
  planVersion: 1,
  step: { index: 1, weight: 10 },
} as CanaryStatus;
const CANARY = aCanary({ status: STATUS });
const AFFINE = aCanary({
  status: STATUS,
  analysis: { sessionAffinity: { cookieName: 'c', maxAge: 60 } },
});

type PerSecond = readonly [canary: number | undefined, bad: number, primary: number | undefined];

/** Evidence after so many seconds, all alike. */
function after(seconds: number, [canary, bad, primary]: PerSecond) {
  const edges = Array.from({ length: seconds }, (_, i): CountedEdge => ({
    to: START + 1000 * (i + 1),
    canary: canary === undefined ? undefined : { requests: canary, bad },
    primary: primary === undefined ? undefined : { requests: primary, bad: 0 },
  }));
  return follow(firstEvidence(PINNED, 'r1')!, { from: START, edges }, PINNED);
}

const judged = (seconds: number, counted: PerSecond, canary = CANARY, now = seconds) =>
  judgementOf(canary, after(seconds, counted), PINNED, START + now * 1000);

describe('the guard’s word on a rollout', () => {
  it('is the one line with both versions’ numbers', () => {
    expect(judged(10, [5, 5, 45])).toEqual({
      outcome: 'rollback',
      line: 'ROLLBACK: 5xx 50/50 (100%) vs primary 0/450 (0%), allowed 0.20%; evidence 7.3 >= 6.2 after 10 s',
      isSharedOutage: false,
    });
  });

  it('is a pass for few requests, where none are asked for', () => {
    expect(judged(10, [1, 0, 1])).toMatchObject({ outcome: 'pass' });
  });

  it('tells of a canary that should have been called', () => {
    const line = 'HOLD: no traffic reaches the canary: 0 of about 45 expected requests';
    expect(judged(10, [0, 0, 45])).toMatchObject({ outcome: 'hold', line });
    expect(judged(10, [undefined, 0, 45])).toMatchObject({ outcome: 'hold', line });
  });

  it('does not expect a weight of callers who stay with their version', () => {
    expect(judged(10, [0, 0, 45], AFFINE)).toMatchObject({ outcome: 'pass' });
  });

  it('holds when samples stay away that there were, and says nothing of those there never were', () => {
    const line = 'HOLD: no new samples of the canary and the primary arrive in the metrics store';
    expect(judged(10, [5, 0, 45], CANARY, 70)).toMatchObject({ outcome: 'pass' });
    expect(judged(10, [5, 0, 45], CANARY, 80)).toMatchObject({ outcome: 'hold', line });
    expect(judged(10, [undefined, 0, undefined], CANARY, 80)).toMatchObject({ outcome: 'pass' });
  });
});
