import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL, obedient, type Around } from '../../test/builders/observation.ts';
import { adopted, NEW, OLD, Story } from '../../test/builders/story.ts';
import { intentOf } from './intent.ts';

const AWAY = { controlPlaneAway: true };
const A_MINUTE = 60;

/** Plays on for a minute, in which `until` never comes to hold. */
function wait(story: Story, around: Around): Story {
  expect(() => story.play(around, () => false, A_MINUTE)).toThrow('did not happen');
  return story;
}

function replicasOf({ canary, status }: Story) {
  return intentOf(canary, status).target.replicas;
}

describe('while istiod is away', () => {
  it('no weight rises, and it says why; the step begins anew when istiod is back', () => {
    const story = adopted().play(NEW, (s) => s.status.canaryWeight === 40);
    story.trace.length = 0;
    wait(story, { ...NEW, ...AWAY });
    expect(story.trace.at(-1)).toBe('Progressing/analyse 40');
    expect(story.status).toMatchObject({ hold: { code: 'mesh' }, failedChecks: 0 });
    expect(story.status.verdict).toMatch(/^HOLD: istiod is away/);
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace.slice(0, 3)).toEqual([
      'Progressing/shift 40',
      'Progressing/analyse 40',
      'Progressing/shift 60',
    ]);
  });

  it('the first weight waits for it', () => {
    const story = wait(adopted(), { ...NEW, ...AWAY });
    expect(story.trace.at(-1)).toBe('Progressing/scale-up 0');
    expect(story.status.hold?.code).toBe('mesh');
  });

  it('the primary gets no new pods', () => {
    const story = adopted().play(
      NEW,
      (s) => s.status.stage === 'analyse' && s.status.canaryWeight === 60,
    );
    wait(story, { ...NEW, ...AWAY });
    expect(story.status.phase).toBe('Progressing');
  });

  it('a person’s order to promote waits for it, and is not forgotten', () => {
    const story = adopted().play(NEW, (s) => s.status.stage === 'analyse');
    const annotations = { 'linnet.dev/promote': 'checkout-new' };
    const { metadata } = story.canary;
    story.canary = { ...story.canary, metadata: { ...metadata, annotations } };
    wait(story, { ...NEW, ...AWAY });
    expect(story.status.phase).toBe('Progressing');
    story.play(NEW, (s) => s.status.phase === 'Promoting', 1);
  });

  it('a canary that fails is taken back, and keeps its pods until istiod is back', () => {
    const failing = { ...NEW, verdict: FAIL };
    const story = adopted().play(NEW, (s) => s.status.canaryWeight === 40);
    wait(story, { ...failing, ...AWAY });
    expect(story.status).toMatchObject({ phase: 'Finalising', stage: 'reset', canaryWeight: 0 });
    expect(replicasOf(story)).not.toBe(0);
    story.play(failing, (s) => s.status.phase === 'Failed');
    expect(story.status.verdict).toMatch(/^ROLLBACK: /);
  });

  it('a drain that had begun begins anew: the proxies may not have obeyed', () => {
    const story = adopted().play(
      NEW,
      (s) => s.status.phase === 'Finalising' && s.status.stage === 'drain',
    );
    wait(story, { ...NEW, ...AWAY });
    expect(story.status).toMatchObject({ phase: 'Finalising', stage: 'reset' });
    expect(replicasOf(story)).not.toBe(0);
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
  });

  it.each(['routes', 'apex', 'drain'])('an adoption at %s leaves the target its pods', (stage) => {
    const story = new Story(aCanary()).play(OLD, (s) => s.status.stage === stage);
    wait(story, { ...OLD, ...AWAY });
    expect(replicasOf(story)).toBe('untouched');
    expect(story.status.hold?.code).toBe('mesh');
    story.play(OLD, (s) => s.status.phase === 'Initialized');
  });

  it.each(['shift', 'apex', 'routes', 'drain'])(
    'a Canary that was deleted stays at %s',
    (stage) => {
      const story = adopted();
      const { metadata } = story.canary;
      const deletionTimestamp = '2026-11-21T09:00:00Z';
      story.canary = { ...story.canary, metadata: { ...metadata, deletionTimestamp } };
      story.play(OLD, (s) => s.status.stage === stage);
      wait(story, { ...OLD, ...AWAY });
      expect(story.status.phase).toBe('Terminating');
      story.play(OLD, (s) => s.status.phase === 'Terminated');
    },
  );

  it('time spent waiting for it counts towards no deadline', () => {
    const canary = aCanary({ spec: { progressDeadlineSeconds: 30 } });
    const story = adopted(canary);
    story.play(NEW, (s) => s.status.stage === 'copy');
    wait(story, { ...NEW, ...AWAY, primaryReady: false });
    expect(story.status).toMatchObject({ phase: 'Promoting', stage: 'copy' });
    expect(obedient(story.canary, NEW).mesh.controlPlaneAway).toBe(false);
  });
});
