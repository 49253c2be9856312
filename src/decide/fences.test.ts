import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL, obedient, PASS, type Around } from '../../test/builders/observation.ts';
import { adopted, NEW, OLD, Story } from '../../test/builders/story.ts';
import { FENCED } from '../api/status.ts';
import { decide } from './decide.ts';
import { isDangerous } from './danger.ts';

describe('fences', () => {
  it('rise only for the objects that a store changes', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 20);
    const before = story.status.fences;
    story.play(NEW, (s) => s.status.canaryWeight === 40);
    const raised = FENCED.filter((name) => story.status.fences[name] !== before[name]);
    expect(raised).toEqual(['virtualService', 'target']);
  });

  it('rise for no object that an older plan leaves alone or only gives more room', () => {
    const story = new Story(aCanary());
    story.play(OLD, (s) => s.status.stage === 'routes');
    const { services, primary } = story.status.fences;
    story.play(OLD, (s) => s.status.phase === 'Initialized');
    expect(story.status.fences).toMatchObject({ services, primary });
    story.play(NEW, (s) => s.status.phase === 'Progressing');
    expect(story.status.fences.primary).toBeGreaterThan(primary ?? 0);
  });

  it('all rise when the spec was edited', () => {
    const story = adopted();
    const before = story.status.fences;
    story.canary.metadata.generation = 2;
    story.play(OLD, (s) => s.status.observedGeneration === 2, 1);
    expect(FENCED.every((name) => (story.status.fences[name] ?? 0) > (before[name] ?? 0))).toBe(
      true,
    );
  });

  it('go above a stamp from a history that was lost', () => {
    const { canary, now } = adopted();
    const seen = obedient(canary, OLD);
    const ahead = { conformity: 'ahead', stamp: 900 } as const;
    const status = decide(
      canary,
      { ...seen, routes: { ...seen.routes, virtualService: ahead } },
      now,
    );
    expect(status.fences.virtualService).toBe(901);
  });
});

describe('isDangerous', () => {
  it('is every decision that could hurt, and no other', () => {
    const story = adopted();
    const dangers: string[] = [];
    let before = story.status;
    story.play(NEW, ({ canary, status }) => {
      if (status !== before && isDangerous(canary, before, status, { verdict: PASS })) {
        dangers.push(`${status.phase}/${status.stage} ${status.canaryWeight}`);
      }
      before = status;
      return status.phase === 'Succeeded';
    });
    expect(dangers).toEqual([
      'Progressing/scale-up 0',
      'Progressing/shift 20',
      'Progressing/shift 40',
      'Progressing/shift 60',
      'Promoting/copy 60',
      'Finalising/reset 0',
      'Finalising/scale-down 0',
      'Succeeded/undefined 0',
    ]);
  });

  it('is to give a rollout up because a cache shows no pods when their deadline passes', () => {
    const story = adopted();
    story.play(
      { ...NEW, verdict: undefined, canaryReady: false },
      ({ status }) => status.stage === 'scale-up',
    );
    const { canary, status, now } = story;
    const seen = obedient(canary, { ...NEW, verdict: undefined, canaryReady: false });
    const late = decide(canary, seen, now + 1000 * canary.spec.progressDeadlineSeconds);
    expect(late.ending?.outcome).toBe('failed');
    expect(isDangerous(canary, status, late)).toBe(true);
  });

  it('is to give a rollout up for what a cache shows, but not for a failing verdict', () => {
    const story = adopted();
    story.play(NEW, ({ status }) => status.canaryWeight === 40);
    const { canary, status, now } = story;
    const decided = (around: Partial<Around>) =>
      decide(canary, obedient(canary, { ...NEW, verdict: undefined, ...around }), now);
    const lostPods = decided({ canaryReady: false });
    const superseded = decided(OLD);
    expect([lostPods.failedChecks, superseded.ending?.outcome]).toEqual([1, 'superseded']);
    expect(isDangerous(canary, status, lostPods)).toBe(true);
    expect(isDangerous(canary, status, superseded)).toBe(true);
    expect(isDangerous(canary, status, { ...status, failedChecks: 1 }, { verdict: FAIL })).toBe(
      false,
    );
  });

  it('is to go back for what a cache shows, also where a verdict fails at the same time', () => {
    const story = adopted();
    story.play(NEW, ({ status }) => status.canaryWeight === 40);
    const { canary, status, now } = story;
    const decided = (around: Partial<Around>) =>
      decide(canary, obedient(canary, { ...NEW, verdict: FAIL, ...around }), now);
    const lostPods = decided({ canaryReady: false });
    expect(lostPods).toMatchObject({ stage: 'scale-up', step: { weight: 0 } });
    const superseded = decided(OLD);
    expect(superseded.ending?.outcome).toBe('superseded');
    for (const after of [lostPods, superseded]) {
      expect(isDangerous(canary, status, after, { verdict: FAIL })).toBe(true);
    }
  });
});
