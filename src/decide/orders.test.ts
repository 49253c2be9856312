import { describe, expect, it } from 'vitest';
import { adopted, NEW, OLD, type Story } from '../../test/builders/story.ts';

describe('orders', () => {
  const order = (story: Story, name: string, value: string) => {
    story.canary.metadata.annotations = { [`linnet.dev/${name}`]: value };
  };

  it('pause stops it, resume lets it go on, each once', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 20);
    order(story, 'pause', 'checkout-new');
    story.play(NEW, (s) => s.second > 500);
    expect(story.status).toMatchObject({ canaryWeight: 20, hold: { code: 'paused' } });
    order(story, 'resume', 'checkout-new@1');
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
  });

  it('abort rolls back', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 20);
    order(story, 'abort', 'checkout-new');
    story.play(NEW, (s) => s.status.phase === 'Failed');
    expect(story.status.history?.at(-1)?.outcome).toBe('aborted');
    order(story, 'retry', 'checkout-new');
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
  });

  it('promote ends the analysis', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 20);
    order(story, 'promote', 'checkout-new');
    story.play(NEW, (s) => s.status.phase === 'Promoting', 1);
    expect(story.status).toMatchObject({ stage: 'copy', canaryWeight: 20 });
  });

  it('is void for another revision, and never acts later', () => {
    const story = adopted();
    order(story, 'abort', 'checkout-new');
    story.play(OLD, (s) => s.status.orders?.['abort'] === 'checkout-new', 1);
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.status.history?.at(-1)?.outcome).toBe('promoted');
  });
});
