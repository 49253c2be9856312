import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { obedient } from '../../../test/builders/observation.ts';
import { adopted, OLD, Story } from '../../../test/builders/story.ts';
import { decide } from '../decide.ts';

describe('adoption', () => {
  it('goes in the safe order and takes the target’s pods last', () => {
    expect(adopted().trace).toEqual([
      'Initializing/primary 0',
      'Initializing/routes 0',
      'Initializing/apex 0',
      'Initializing/drain 0',
      'Initializing/scale-down 0',
      'Initialized 0',
    ]);
  });

  it('waits for the primary', () => {
    const story = new Story(aCanary());
    expect(() =>
      story.play({ ...OLD, primaryReady: false }, (s) => s.status.stage === 'routes', 900),
    ).toThrow('did not happen');
    expect(story.status.hold?.reason).toContain('primary of checkout');
  });

  it('never takes the pods of a target that another Service selects', () => {
    const story = new Story(aCanary());
    story.play({ ...OLD, heldByServices: ['legacy'] }, (s) => s.status.hold !== undefined);
    expect(story.status.hold?.reason).toContain('Service legacy still selects');
  });

  it('does nothing about a target that cannot be managed, and says why', () => {
    const problems = [{ reason: 'TargetNotFound', message: 'there is no Deployment checkout' }];
    const canary = aCanary();
    const status = decide(canary, obedient(canary, { ...OLD, targetMissing: true, problems }), 0);
    expect(status.phase).toBe('Initializing');
    expect(status.conditions.find((c) => c.type === 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'TargetNotFound',
    });
  });

  it('takes an existing primary as what is promoted', () => {
    const canary = aCanary();
    const seen = obedient(canary, { revision: 'checkout-new' });
    const pods = { desired: 4, updated: 4, ready: 4, settled: true };
    const object = { conformity: 'unstamped', stamp: 0 } as const;
    const primary = { object, autoscaler: object, revision: 'checkout-old', pods };
    const status = decide(canary, { ...seen, workload: { ...seen.workload, primary } }, 0);
    expect(status).toMatchObject({ revision: 'checkout-old', primaryFloor: 4 });
  });
});
