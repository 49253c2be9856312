import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { HOLD } from '../../test/builders/observation.ts';
import { adopted, NEW } from '../../test/builders/story.ts';
import { dueAt, isOverdue } from './due.ts';

describe('dueAt', () => {
  it('is now for a canary without a plan', () => {
    expect(dueAt(aCanary(), 1234)).toBe(1234);
  });

  it('is never while nothing is going on', () => {
    const { canary, now } = adopted();
    expect(dueAt(canary, now)).toBeUndefined();
  });

  it('is when the step is judged, or a look every half minute until then', () => {
    const story = adopted(aCanary({ analysis: { interval: '3s' } }));
    story.play(NEW, (s) => s.status.stage === 'analyse');
    expect(dueAt(story.canary, story.now)).toBe(Date.parse(story.status.step?.dueAt ?? ''));
    const slow = adopted(aCanary({ analysis: { interval: '1m' } }));
    slow.play(NEW, (s) => s.status.stage === 'analyse');
    expect(dueAt(slow.canary, slow.now)).toBe(slow.now + 30_000);
  });

  it('is soon when a due step holds, and keeps the rhythm of the interval when it goes on so', () => {
    const story = adopted(aCanary({ analysis: { interval: '3s' } }));
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold !== undefined);
    const due = Date.parse(story.status.step?.dueAt ?? '');
    const looks = [0, 1, 999, 1000, 1999, 2000, 2999, 3000, 7000].map(
      (ms) => (dueAt(story.canary, due + ms) ?? 0) - due,
    );
    expect(looks).toEqual([1000, 1000, 1000, 2000, 2000, 3000, 3000, 6000, 9000]);
  });
});

describe('isOverdue', () => {
  it('notices a step that nobody came for', () => {
    const story = adopted(aCanary({ analysis: { interval: '3s' } }));
    story.play(NEW, (s) => s.status.stage === 'analyse');
    const due = Date.parse(story.status.step?.dueAt ?? '');
    expect(isOverdue(story.canary, due + 500)).toBe(false);
    expect(isOverdue(story.canary, due + 1500)).toBe(true);
  });
});
