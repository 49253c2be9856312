import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { obedient } from '../../../test/builders/observation.ts';
import { adopted, NEW, type Story } from '../../../test/builders/story.ts';
import { decide } from '../decide.ts';
import { intentOf } from '../intent.ts';

describe('a promotion', () => {
  it.each([
    ['copy', {}],
    ['back', { stepWeightPromotion: 20 }],
  ])(
    'gives all traffic to the proven canary when the primary loses its pods at %s',
    (stage, more) => {
      const { analysis } = aCanary().spec;
      const story = adopted(aCanary({ spec: { analysis: { ...analysis, ...more } } }));
      story.play(NEW, (s) => s.status.phase === 'Promoting' && s.status.stage === stage);
      story.play({ ...NEW, primaryReady: false }, (s) => s.status.canaryWeight === 100, 1);
      expect(story.status).toMatchObject({ phase: 'Promoting', stage: 'copy' });
      story.play(NEW, (s) => s.status.phase === 'Succeeded');
      expect(story.status.canaryWeight).toBe(0);
    },
  );

  it('gives traffic back only when the proxies know the primary’s new pods and no old ones', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.stage === 'copy');
    const copied = story.second;
    story.play(NEW, (s) => s.status.canaryWeight === 0);
    expect(story.second - copied).toBe(2);
  });

  it('counts that wait anew when the primary was not ready meanwhile', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.stageDueAt !== undefined && s.status.stage === 'copy');
    story.play({ ...NEW, primaryReady: false }, (s) => s.status.stageDueAt === undefined, 1);
    const lost = story.second;
    story.play(NEW, (s) => s.status.canaryWeight === 0);
    expect(story.second - lost).toBeGreaterThanOrEqual(2);
  });

  it('leaves all traffic with the proven canary when the primary misses its deadline', () => {
    const story = adopted(aCanary({ spec: { progressDeadlineSeconds: 30 } }));
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    story.play({ ...NEW, primaryReady: false }, (s) => s.status.phase === 'Failed');
    expect(story.status).toMatchObject({ canaryWeight: 100, ending: { outcome: 'primary-stuck' } });
    expect(intentOf(story.canary, story.status).target).toEqual({ replicas: 2, mode: 'at-least' });
  });

  it('without a mesh leaves the traffic with a primary that misses its deadline', () => {
    const spec = { provider: 'kubernetes', progressDeadlineSeconds: 30 };
    const story = adopted(aCanary({ spec }));
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    story.play({ ...NEW, primaryReady: false }, (s) => s.status.phase === 'Failed');
    expect(story.status).toMatchObject({ canaryWeight: 0, ending: { outcome: 'primary-stuck' } });
    expect(story.status.verdict).toContain('all traffic goes to the ready pods of the primary');
  });
});

describe('a proven canary that stands in for the primary', () => {
  const stuck = () => {
    const story = adopted(aCanary({ spec: { progressDeadlineSeconds: 30 } }));
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    return story.play({ ...NEW, primaryReady: false }, (s) => s.status.phase === 'Failed');
  };
  const lost = (story: Story, primaryEndpoints: number) => {
    const seen = obedient(story.canary, { ...NEW, canaryReady: false, primaryReady: false });
    const services = { ...seen.services, primaryEndpoints };
    return decide(story.canary, { ...seen, services }, story.now);
  };

  it('gives the traffic back when it loses its pods, and says so', () => {
    const status = lost(stuck(), 1);
    expect(status).toMatchObject({ phase: 'Promoting', stage: 'copy', canaryWeight: 0 });
    expect(status.outbox?.at(-1)).toMatchObject({ kind: 'stuck', severity: 'error' });
  });

  it('keeps it while the primary has no pods either', () => {
    const story = stuck();
    expect(lost(story, 0)).toBe(story.status);
  });
});
