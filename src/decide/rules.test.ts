import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { HOLD } from '../../test/builders/observation.ts';
import { adopted, NEW, NEWER, OLD } from '../../test/builders/story.ts';

describe('a newer revision', () => {
  it('takes the weight away at once and starts over', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40);
    story.trace.length = 0;
    story.play({ ...NEWER, canaryReady: false }, (s) => s.status.revision === 'checkout-newer', 1);
    expect(story.trace[0]).toBe('Progressing/scale-up 0');
    story.play(NEWER, (s) => s.status.phase === 'Succeeded');
    expect(story.status.history?.map(({ outcome }) => outcome)).toEqual(['superseded', 'promoted']);
  });

  it('ends the rollout when it is what the primary runs already', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40);
    story.play(OLD, (s) => s.status.phase === 'Succeeded');
    expect(story.status).toMatchObject({ lastPromotedSpec: 'checkout-old', canaryWeight: 0 });
  });

  it.each([
    ['a newer one', NEWER],
    ['the promoted one', OLD],
  ])('ends the pause of the one before it: %s', (_, next) => {
    const story = adopted(aCanary({ analysis: { maxHold: '2m' } }));
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold?.code === 'paused');
    story.play(next, (s) => s.status.phase === 'Succeeded');
    expect(story.status.hold).toBeUndefined();
  });

  it('does not stop a promotion that has copied, but loses its traffic', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    story.play({ ...NEWER, primaryReady: false }, (s) => s.status.canaryWeight === 0, 1);
    story.play(NEWER, (s) => s.status.lastPromotedSpec === 'checkout-new');
    story.play(NEWER, (s) => s.status.lastPromotedSpec === 'checkout-newer');
    expect(story.status.history?.map(({ outcome }) => outcome)).toEqual(['promoted', 'promoted']);
  });
});

describe('suspension', () => {
  it('keeps the weight while suspended and goes on after', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40);
    const running = story.canary;
    story.canary = { ...running, spec: { ...running.spec, suspend: true } };
    story.play(NEW, (s) => s.second > 2000, 3000);
    expect(story.status).toMatchObject({ canaryWeight: 40, hold: { code: 'suspended' } });
    story.canary = { ...story.canary, spec: running.spec };
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
  });
});
