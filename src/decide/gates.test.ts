import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL } from '../../test/builders/observation.ts';
import { adopted, NEW, OLD, type Story } from '../../test/builders/story.ts';
import type { HookType } from '../api/webhooks.ts';
import type { HookAnswer } from '../ports/hooks.ts';
import { gatesAsked } from './gates.ts';

const hook = (type: HookType) => ({ name: `ask-${type}`, type, url: 'http://gate.shop' });
const says = (type: HookType, outcome: HookAnswer['outcome']): HookAnswer => ({
  name: `ask-${type}`,
  type,
  outcome,
  message: `${type} says ${outcome}`,
});

function adoptedWith(type: HookType, analysis = {}): Story {
  const canary = aCanary({ analysis: { ...analysis, webhooks: [hook(type)] } });
  return adopted(canary);
}

const asked = ({ canary, status, now }: Story, revision = NEW.revision) =>
  gatesAsked(canary, status, revision, now).map(({ type }) => type);

describe('confirm-rollout', () => {
  it('is asked for a new revision only', () => {
    const story = adoptedWith('confirm-rollout');
    expect(asked(story, OLD.revision)).toEqual([]);
    expect(asked(story, NEW.revision)).toEqual(['confirm-rollout']);
  });

  it('keeps the rollout waiting until it allows it, and people are told', () => {
    const story = adoptedWith('confirm-rollout');
    story.play(
      { ...NEW, gates: [says('confirm-rollout', 'pending')] },
      (s) => s.status.phase === 'Waiting',
    );
    expect(story.status.outbox?.at(-1)).toMatchObject({ kind: 'waiting', severity: 'warn' });
    story.play(
      { ...NEW, gates: [says('confirm-rollout', 'passed')] },
      (s) => s.status.phase === 'Succeeded',
    );
    expect(story.status.lastPromotedSpec).toBe(NEW.revision);
  });
});

describe('pre-rollout', () => {
  it('counts each refusal as a failed check, an interval apart', () => {
    const story = adoptedWith('pre-rollout', { threshold: 3 });
    const refused = { ...NEW, gates: [says('pre-rollout', 'refused')] };
    story.play(refused, (s) => s.status.failedChecks === 1);
    const first = story.second;
    story.play(refused, (s) => s.status.phase === 'Failed');
    expect(story.status.history?.at(-1)).toMatchObject({
      weight: 0,
      reason: 'pre-rollout says refused',
    });
    expect(story.second - first).toBeGreaterThanOrEqual(20);
  });

  it('is a new attempt after each failed check', () => {
    const story = adoptedWith('pre-rollout', { threshold: 5 });
    const attempts = new Set<string>();
    story.play({ ...NEW, gates: [says('pre-rollout', 'refused')] }, (s) => {
      for (const { attempt } of gatesAsked(s.canary, s.status, NEW.revision, s.now))
        attempts.add(attempt);
      return s.status.failedChecks === 3;
    });
    expect(attempts.size).toBe(4);
  });
});

describe('confirm-promotion', () => {
  it('holds the passed rollout at its weight', () => {
    const story = adoptedWith('confirm-promotion');
    story.play({ ...NEW, gates: [says('confirm-promotion', 'pending')] }, (s) => s.second > 400);
    expect(story.status).toMatchObject({ phase: 'WaitingPromotion', canaryWeight: 60 });
    story.play(
      { ...NEW, gates: [says('confirm-promotion', 'passed')] },
      (s) => s.status.phase === 'Succeeded',
    );
    expect(story.status.history?.at(-1)?.outcome).toBe('promoted');
  });
});

describe('rollback', () => {
  it('takes the canary back when it passes', () => {
    const story = adoptedWith('rollback');
    story.play({ ...NEW, gates: [says('rollback', 'passed')] }, (s) => s.status.phase === 'Failed');
    expect(story.status.ending?.reason).toBe('webhook ask-rollback asked for a rollback');
  });
});

describe('rollback, beside a gate that is closed', () => {
  const waitingFor = (type: HookType) => {
    const webhooks = [hook(type), hook('rollback')];
    const canary = aCanary({ analysis: { webhooks } });
    const story = adopted(canary);
    const phase = type === 'confirm-rollout' ? 'Waiting' : 'WaitingPromotion';
    return story.play({ ...NEW, gates: [says(type, 'pending')] }, (s) => s.status.phase === phase);
  };

  it.each(['confirm-rollout', 'confirm-promotion'] as const)(
    'of %s takes the canary back',
    (type) => {
      const story = waitingFor(type);
      expect(asked(story)).toEqual(expect.arrayContaining([type, 'rollback']));
      const gates = [says(type, 'pending'), says('rollback', 'passed')];
      story.play({ ...NEW, gates }, (s) => s.status.phase === 'Failed');
      expect(story.status).toMatchObject({
        canaryWeight: 0,
        ending: { outcome: 'failed', reason: 'webhook ask-rollback asked for a rollback' },
      });
      expect(story.status.lastPromotedSpec).toBe(OLD.revision);
    },
  );
});

describe('rollback, as long as it has not answered', () => {
  it('keeps the weight, and a failing check counts all the same', () => {
    const gates = [says('rollback', 'unanswered')];
    const story = adoptedWith('rollback');
    story.play({ ...NEW, gates }, (s) => s.second > 300);
    expect(story.status).toMatchObject({ phase: 'Progressing', canaryWeight: 20 });
    story.play({ ...NEW, gates, verdict: FAIL }, (s) => s.status.phase === 'Failed');
    expect(story.status.failedChecks).toBe(2);
  });
});

describe('confirm-traffic-increase', () => {
  it('keeps the weight until it allows more', () => {
    const story = adoptedWith('confirm-traffic-increase');
    const closed = { ...NEW, gates: [says('confirm-traffic-increase', 'pending')] };
    story.play(closed, (s) => s.second > 300);
    expect(story.status).toMatchObject({ canaryWeight: 20, hold: { code: 'gate' } });
    story.play(
      { ...NEW, gates: [says('confirm-traffic-increase', 'passed')] },
      (s) => s.status.canaryWeight === 60,
    );
    expect(story.status.hold).toBeUndefined();
  });
});
