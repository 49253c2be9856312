import { describe, expect, it } from 'vitest';
import { obedient, type Around } from '../../test/builders/observation.ts';
import { adopted, NEW, NEWER, type Story } from '../../test/builders/story.ts';
import type { Canary } from '../api/canary.ts';
import { decide } from './decide.ts';
import { isAtRest } from './rest.ts';

/** The plan of a rollout that has just come to this stage. */
function at(stage: string): Story {
  const story = adopted();
  return story.play(NEW, ({ status }) => status.stage === stage);
}

function next(canary: Canary, around: Around, now: number): Canary {
  return { ...canary, status: decide(canary, obedient(canary, around), now) };
}

describe('a plan that was stored', () => {
  it('is at rest while its step lasts', () => {
    const { canary: before, now } = at('shift');
    const after = next(before, NEW, now);
    expect(after.status?.stage).toBe('analyse');
    expect(isAtRest(before, after, obedient(before, NEW), now)).toBe(true);
  });

  it('is not at rest when more follows from what was seen', () => {
    const { canary: before, now } = at('shift');
    const after = next(before, NEW, now);
    const newer = obedient(before, NEWER);
    expect(isAtRest(before, after, newer, now)).toBe(false);
  });

  it('is not at rest when it moves the weight', () => {
    const { canary: before, now } = at('analyse');
    const due = Date.parse(before.status?.step?.dueAt ?? '') + 1;
    const after = next(before, NEW, Math.max(now, due));
    expect(after.status?.stage).toBe('shift');
    expect(isAtRest(before, after, obedient(before, NEW), due)).toBe(false);
  });

  it('is not at rest while the cluster differs', () => {
    const { canary: before, now } = at('shift');
    const after = next(before, NEW, now);
    const seen = obedient(before, { ...NEW, routesCarried: false });
    expect(isAtRest(before, after, seen, now)).toBe(false);
  });
});
