import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { HOLD } from '../../test/builders/observation.ts';
import { adopted, NEW } from '../../test/builders/story.ts';

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
