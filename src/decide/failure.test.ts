import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL, obedient } from '../../test/builders/observation.ts';
import { adopted, NEW } from '../../test/builders/story.ts';
import { decide } from './decide.ts';

describe('a failing rollout', () => {
  it('rolls back after threshold failed checks, and tells it only at the end', () => {
    const story = adopted();
    story.trace.length = 0;
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Finalising');
    expect(story.status).toMatchObject({
      failedChecks: 2,
      canaryWeight: 0,
      ending: { outcome: 'failed' },
    });
    expect(story.status.outbox?.some(({ kind }) => kind === 'failed')).toBe(false);
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Failed');
    expect(story.status.outbox?.at(-1)).toMatchObject({
      kind: 'failed',
      severity: 'error',
      text: 'checkout: rolled back: request-success-rate 90 % < 99 %',
    });
    expect(story.status.lastPromotedSpec).toBe('checkout-old');
  });

  it('is not tried again until it changes', () => {
    const story = adopted();
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Failed');
    const stored = story.status;
    story.play({ ...NEW, verdict: FAIL }, (s) => s.second > 1000, 2000);
    expect(story.status).toBe(stored);
  });

  it('takes the traffic from a canary that lost its pods before anything else', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40 && s.status.stage === 'analyse');
    story.play({ ...NEW, canaryReady: false }, (s) => s.status.stage === 'scale-up', 1);
    expect(story.status).toMatchObject({ canaryWeight: 0, failedChecks: 1 });
  });

  it.each([
    ['keeps the traffic while pods that nobody has counted yet have endpoints', 1, 40, 0],
    ['takes the traffic when they have none', 0, 0, 1],
  ])('%s', (_, canaryEndpoints, canaryWeight, failedChecks) => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40 && s.status.stage === 'analyse');
    const seen = obedient(story.canary, { ...NEW, verdict: undefined });
    const pods = { desired: 2, updated: 0, ready: 0, settled: false, uncounted: true } as const;
    const target = { ...seen.workload.target!, pods };
    const services = { ...seen.services, canaryEndpoints };
    const uncounted = { ...seen, workload: { ...seen.workload, target }, services };
    const status = decide(story.canary, uncounted, story.now);
    expect(status).toMatchObject({ canaryWeight, failedChecks });
  });

  it('fails when the canary misses its deadline, not counting a hold', () => {
    const story = adopted(aCanary({ spec: { progressDeadlineSeconds: 30 } }));
    story.play({ ...NEW, canaryReady: false }, (s) => s.status.phase === 'Failed');
    expect(story.status.ending?.reason).toBe('0 of 1 canary pods were ready after 30 s');
  });
});
