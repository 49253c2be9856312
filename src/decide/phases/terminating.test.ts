import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { adopted, OLD } from '../../../test/builders/story.ts';

describe('deletion', () => {
  it('brings the target back before it lets go', () => {
    const story = adopted();
    story.trace.length = 0;
    story.canary.metadata.deletionTimestamp = '2026-11-21T09:00:00Z';
    story.play(OLD, (s) => s.status.phase === 'Terminated');
    expect(story.trace).toEqual([
      'Terminating/target 0',
      'Terminating/shift 100',
      'Terminating/apex 100',
      'Terminating/routes 100',
      'Terminating/drain 100',
      'Terminated 100',
    ]);
  });

  it('lets go at once when told not to revert', () => {
    const story = adopted(aCanary({ spec: { revertOnDeletion: false } }));
    story.canary.metadata.deletionTimestamp = '2026-11-21T09:00:00Z';
    story.play(OLD, (s) => s.status.phase === 'Terminated', 1);
    expect(story.trace.at(-1)).toBe('Terminated 0');
  });
});
