import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { FAIL, HOLD, obedient, PASS, type Around } from '../../test/builders/observation.ts';
import { Story } from '../../test/builders/story.ts';
import { decide } from './decide.ts';
import { intentOf } from './intent.ts';

const OLD: Around = { revision: 'checkout-old' };
const NEW: Around = { revision: 'checkout-new', verdict: PASS };

function adopted(canary = aCanary()): Story {
  return new Story(canary).play(OLD, (s) => s.status.phase === 'Initialized');
}

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

describe('a healthy rollout', () => {
  it('climbs by its steps, copies, and gives traffic back before the canary goes', () => {
    const story = adopted();
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace).toEqual([
      'Progressing/scale-up 0',
      'Progressing/shift 20',
      'Progressing/analyse 20',
      'Progressing/shift 40',
      'Progressing/analyse 40',
      'Progressing/shift 60',
      'Progressing/analyse 60',
      'Promoting/copy 60',
      'Finalising/reset 0',
      'Finalising/drain 0',
      'Finalising/scale-down 0',
      'Succeeded 0',
    ]);
    expect(story.status.lastPromotedSpec).toBe('checkout-new');
    expect(story.status.history).toMatchObject([{ outcome: 'promoted', weight: 60 }]);
    expect(story.status.outbox?.map(({ kind }) => kind)).toEqual([
      'initialized',
      'started',
      'promoted',
    ]);
  });

  it.each([
    [{ stepWeights: [1, 10, 50] }, [1, 10, 50]],
    [{ stepWeight: 50, maxWeight: 80 }, [50, 80]],
    [{ stepWeight: 100, maxWeight: 100 }, [100]],
  ])('steps by %o', (analysis, weights) => {
    const story = adopted(aCanary({ analysis }));
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    const shifts = story.trace.filter((line) => line.startsWith('Progressing/shift'));
    expect(shifts).toEqual(weights.map((weight) => `Progressing/shift ${weight}`));
  });

  it('shifts back by stepWeightPromotion', () => {
    const story = adopted(aCanary({ analysis: { stepWeightPromotion: 30 } }));
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace.filter((line) => /back|reset/.test(line))).toEqual([
      'Promoting/back 30',
      'Finalising/reset 0',
    ]);
  });

  it('is blue-green by iterations: all traffic to the proven canary, then the copy', () => {
    const story = adopted(aCanary({ analysis: { iterations: 3 } }));
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace.slice(0, 6)).toEqual([
      'Progressing/scale-up 0',
      'Progressing/shift 0',
      'Progressing/analyse 0',
      'Promoting/shift 100',
      'Promoting/copy 100',
      'Finalising/reset 0',
    ]);
    expect(story.status.iterations).toBe(3);
  });

  it('is blue-green without a mesh, where no traffic goes to the canary', () => {
    const story = adopted(aCanary({ spec: { provider: 'kubernetes' } }));
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace.slice(0, 5)).toEqual([
      'Progressing/scale-up 0',
      'Progressing/shift 0',
      'Progressing/analyse 0',
      'Promoting/copy 0',
      'Finalising/reset 0',
    ]);
    expect(story.status.iterations).toBe(10);
  });

  it('skips the analysis when told to', () => {
    const story = adopted(aCanary({ spec: { skipAnalysis: true } }));
    story.trace.length = 0;
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.trace[0]).toBe('Promoting/copy 0');
  });

  it('judges a step only when the mesh has carried it for an interval', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.stage === 'shift');
    const shiftedAt = story.second;
    story.play(NEW, (s) => s.status.canaryWeight === 40);
    expect(story.second - shiftedAt).toBe(12);
  });
});

describe('a failing rollout', () => {
  it('rolls back after threshold failed checks, and tells it only at the end', () => {
    const story = adopted();
    story.trace.length = 0;
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Finalising');
    expect(story.status).toMatchObject({
      failedChecks: 2,
      canaryWeight: 0,
      ending: { outcome: 'failed' },
    });
    expect(story.status.outbox?.some(({ kind }) => kind === 'failed')).toBe(false);
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Failed');
    expect(story.status.outbox?.at(-1)).toMatchObject({
      kind: 'failed',
      severity: 'error',
      text: 'checkout: rolled back: request-success-rate 90 % < 99 %',
    });
    expect(story.status.lastPromotedSpec).toBe('checkout-old');
  });

  it('is not tried again until it changes', () => {
    const story = adopted();
    story.play({ ...NEW, verdict: FAIL }, (s) => s.status.phase === 'Failed');
    const stored = story.status;
    story.play({ ...NEW, verdict: FAIL }, (s) => s.second > 1000, 2000);
    expect(story.status).toBe(stored);
  });

  it('takes the traffic from a canary that lost its pods before anything else', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40 && s.status.stage === 'analyse');
    story.play({ ...NEW, canaryReady: false }, (s) => s.status.stage === 'scale-up', 1);
    expect(story.status).toMatchObject({ canaryWeight: 0, failedChecks: 1 });
  });

  it.each([
    ['keeps the traffic while pods that nobody has counted yet have endpoints', 1, 40, 0],
    ['takes the traffic when they have none', 0, 0, 1],
  ])('%s', (_, canaryEndpoints, canaryWeight, failedChecks) => {
    const story = adopted();
    story.play(NEW, (s) => s.status.canaryWeight === 40 && s.status.stage === 'analyse');
    const seen = obedient(story.canary, { ...NEW, verdict: undefined });
    const pods = { desired: 2, updated: 0, ready: 0, settled: false, uncounted: true } as const;
    const target = { ...seen.workload.target!, pods };
    const services = { ...seen.services, canaryEndpoints };
    const uncounted = { ...seen, workload: { ...seen.workload, target }, services };
    const status = decide(story.canary, uncounted, story.now);
    expect(status).toMatchObject({ canaryWeight, failedChecks });
  });

  it('fails when the canary misses its deadline, not counting a hold', () => {
    const story = adopted(aCanary({ spec: { progressDeadlineSeconds: 30 } }));
    story.play({ ...NEW, canaryReady: false }, (s) => s.status.phase === 'Failed');
    expect(story.status.ending?.reason).toBe('0 of 1 canary pods were ready after 30 s');
  });

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
});

it('without a mesh, a primary that misses its deadline keeps the traffic', () => {
  const spec = { provider: 'kubernetes', progressDeadlineSeconds: 30 };
  const story = adopted(aCanary({ spec }));
  story.play(NEW, (s) => s.status.phase === 'Promoting');
  story.play({ ...NEW, primaryReady: false }, (s) => s.status.phase === 'Failed');
  expect(story.status).toMatchObject({ canaryWeight: 0, ending: { outcome: 'primary-stuck' } });
  expect(story.status.verdict).toContain('all traffic goes to the ready pods of the primary');
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

describe('no evidence', () => {
  it('holds, says so, and pauses for a person after maxHold', () => {
    const story = adopted(aCanary({ analysis: { maxHold: '2m' } }));
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold?.code === 'evidence');
    expect(story.status.verdict).toBe('HOLD: no data');
    const since = story.second;
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold?.code === 'paused');
    expect(story.second - since).toBe(120);
    expect(story.status.outbox?.at(-1)).toMatchObject({ kind: 'stuck', severity: 'warn' });
    story.play(NEW, (s) => s.second > since + 1000, 2000);
    expect(story.status).toMatchObject({ canaryWeight: 20, hold: { code: 'paused' } });
  });

  it('stores nothing while only the numbers move', () => {
    const story = adopted();
    const counting = () => {
      const line = `HOLD: ${story.second} of 99`;
      return { ...NEW, verdict: { outcome: 'hold' as const, checks: [], line } };
    };
    story.play(counting, (s) => s.status.hold !== undefined);
    const stored = story.status;
    story.play(counting, (s) => s.second > 300);
    expect(story.status).toBe(stored);
  });

  it('says it when the reason becomes another, and holds no shorter for it', () => {
    const story = adopted();
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold !== undefined);
    const since = story.status.hold?.since;
    const verdict = { outcome: 'hold' as const, checks: [], line: 'HOLD: Prometheus is away' };
    story.play({ ...NEW, verdict }, (s) => s.status.verdict === verdict.line);
    expect(story.status.hold).toEqual({ code: 'evidence', reason: 'Prometheus is away', since });
  });

  it('goes on when evidence comes', () => {
    const story = adopted();
    story.play({ ...NEW, verdict: HOLD }, (s) => s.status.hold !== undefined);
    story.play(NEW, (s) => s.status.phase === 'Succeeded');
    expect(story.status.hold).toBeUndefined();
  });
});

describe('a newer revision', () => {
  const NEWER: Around = { revision: 'checkout-newer', verdict: PASS };

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

  it('does not stop a promotion that has copied, but loses its traffic', () => {
    const story = adopted();
    story.play(NEW, (s) => s.status.phase === 'Promoting');
    story.play({ ...NEWER, primaryReady: false }, (s) => s.status.canaryWeight === 0, 1);
    story.play(NEWER, (s) => s.status.lastPromotedSpec === 'checkout-new');
    story.play(NEWER, (s) => s.status.lastPromotedSpec === 'checkout-newer');
    expect(story.status.history?.map(({ outcome }) => outcome)).toEqual(['promoted', 'promoted']);
  });
});

describe('suspension and deletion', () => {
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
