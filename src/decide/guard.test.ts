import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { type Around, FAIL, HOLD, obedient, PASS } from '../../test/builders/observation.ts';
import { adopted, NEW, NEWER, type Story } from '../../test/builders/story.ts';
import type { GuardPins } from '../api/guard-pins.ts';
import type { CanaryStatus } from '../api/status.ts';
import { isDangerous } from './danger.ts';
import { decide } from './decide.ts';
import type { GuardRuling, GuardSeen } from './observation.ts';

const BASIS: GuardPins = { version: 1, alpha: 0.01, minRequests: 0, edgeMs: 1000, blockMs: 5000 };

const seen = (ruling?: Partial<GuardRuling>, basis = BASIS): GuardSeen => ({
  basis,
  ruling: ruling && { outcome: 'pass', line: 'PASS: fine', isSharedOutage: false, ...ruling },
});
const CONVICTS = seen({ outcome: 'rollback', line: 'ROLLBACK: 5xx 12/240; evidence 7.3 >= 6.2' });
const SUSPECTS = seen({ outcome: 'hold', line: 'HOLD: suspicion: 5xx 2/240' });
const OUTAGE = seen({ outcome: 'hold', line: 'HOLD: shared outage', isSharedOutage: true });
const SILENT = seen();

const guarded = (guard: GuardSeen, around: Around = NEW): Around => ({ ...around, guard });
const at = (weight: number) => (story: Story) =>
  story.status.stage === 'analyse' && story.status.canaryWeight === weight;
const isIn = (phase: CanaryStatus['phase']) => (story: Story) => story.status.phase === phase;

describe('a conviction by the guard', () => {
  it('ends the rollout at once, with its own line', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    story.play(guarded(CONVICTS, { ...NEW, verdict: undefined }), isIn('Finalising'), 1);
    expect(story.status).toMatchObject({
      canaryWeight: 0,
      failedChecks: 0,
      ending: { outcome: 'failed', reason: '5xx 12/240; evidence 7.3 >= 6.2' },
      verdict: 'ROLLBACK: 5xx 12/240; evidence 7.3 >= 6.2',
    });
    story.play(NEW, isIn('Failed'));
    expect(story.status.outbox?.at(-1)?.text).toContain('5xx 12/240; evidence 7.3 >= 6.2');
  });

  it('ends what is paused, and what only waits to be promoted', () => {
    const webhooks = [{ name: 'ask', type: 'confirm-promotion', url: 'http://gate' }];
    const story = adopted(aCanary({ analysis: { webhooks } }));
    story.play(guarded(SILENT), isIn('WaitingPromotion'));
    story.play(guarded(CONVICTS), isIn('Failed'));
    expect(story.status.history).toMatchObject([{ outcome: 'failed' }]);
    const paused = adopted().play(guarded(SILENT), at(20));
    const annotations = { 'linnet.dev/pause': NEW.revision };
    paused.canary.metadata.annotations = annotations;
    paused.play(guarded(SILENT), ({ status }) => status.hold?.code === 'paused');
    paused.play(guarded(CONVICTS), isIn('Failed'));
    expect(paused.status.history).toMatchObject([{ outcome: 'failed', weight: 20 }]);
  });

  it('comes too late for what is being promoted, and for another revision', () => {
    const story = adopted().play(guarded(SILENT), isIn('Promoting'));
    story.play(guarded(CONVICTS), isIn('Succeeded'));
    const other = adopted().play(guarded(SILENT), at(20));
    other.play(guarded(CONVICTS, NEWER), ({ status }) => status.revision === NEWER.revision, 1);
    expect(other.status.ending).toBeUndefined();
  });

  it('is evidence of its own: nothing delays the rollback', () => {
    const { canary, status, now } = adopted().play(guarded(SILENT), at(20));
    const judged = obedient(canary, guarded(CONVICTS));
    const after = decide(canary, judged, now);
    expect(isDangerous(canary, status, after, judged)).toBe(false);
    expect(isDangerous(canary, status, after, { ...judged, verdict: PASS, guard: SILENT })).toBe(
      true,
    );
  });
});

describe('a doubt of the guard', () => {
  it('holds what the checks let pass, and goes on when it is gone', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    story.play(guarded(SUSPECTS), ({ status }) => status.hold !== undefined);
    expect(story.status).toMatchObject({
      canaryWeight: 20,
      hold: { code: 'evidence', reason: 'suspicion: 5xx 2/240' },
      verdict: 'HOLD: suspicion: 5xx 2/240',
    });
    story.play(guarded(seen({})), at(40));
  });

  it('does not save a canary that fails its checks', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    story.play(guarded(SUSPECTS, { ...NEW, verdict: FAIL }), isIn('Failed'));
    expect(story.status.failedChecks).toBe(2);
  });

  it('does, while the primary breaks its SLO as well', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    const failing = { ...NEW, verdict: FAIL };
    story.play(guarded(OUTAGE, failing), ({ status }) => status.hold?.code === 'evidence');
    expect(story.status).toMatchObject({ failedChecks: 0, verdict: 'HOLD: shared outage' });
    story.play(guarded(seen({}), failing), isIn('Failed'));
  });

  it('leaves the words to the checks where those hold themselves', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    story.play(guarded(SUSPECTS, { ...NEW, verdict: HOLD }), ({ status }) => !!status.hold);
    expect(story.status.verdict).toBe('HOLD: no data');
  });

  it('is paused for a person after maxHold', () => {
    const story = adopted(aCanary({ analysis: { maxHold: '1m' } })).play(guarded(SILENT), at(20));
    story.play(guarded(SUSPECTS), ({ status }) => status.hold?.code === 'paused');
    expect(story.status.verdict).toBe('PAUSED: no verdict for 1m: suspicion: 5xx 2/240');
    expect(story.status.canaryWeight).toBe(20);
  });

  it('keeps what waits from its promotion, also when the gate opens', () => {
    const webhooks = [{ name: 'ask', type: 'confirm-promotion', url: 'http://gate' }];
    const story = adopted(aCanary({ analysis: { webhooks, maxHold: '1m' } }));
    story.play(guarded(SILENT), isIn('WaitingPromotion'));
    const open = {
      name: 'ask',
      type: 'confirm-promotion',
      outcome: 'passed',
      message: '',
    } as const;
    const waiting = (guard: GuardSeen) => guarded(guard, { ...NEW, gates: [open] });
    story.play(waiting(SUSPECTS), ({ status }) => status.hold?.code === 'evidence');
    story.play(waiting(SUSPECTS), ({ status }) => status.hold?.code === 'paused');
    expect(() => story.play(waiting(SILENT), isIn('Promoting'), 60)).toThrow(/did not happen/);
    story.canary.metadata.annotations = { 'linnet.dev/resume': NEW.revision };
    story.play(waiting(SILENT), isIn('Promoting'));
  });
});

describe('the first weight', () => {
  const FIVE = seen(undefined, { ...BASIS, edgeMs: 5000, clockMs: 2300 });
  const isWaiting = ({ status }: Story) => status.stageDueAt !== undefined;
  const isShifted = ({ status }: Story) => status.stage === 'shift';

  it.each([0, 1, 2, 3, 4])('is carried as a block begins, %i s after one', (seconds) => {
    const story = adopted();
    story.second += seconds;
    story.play(guarded(FIVE), isWaiting);
    const leaves = Date.parse(story.status.stageDueAt!);
    expect(leaves).toBeGreaterThan(story.now);
    expect(leaves - story.now).toBeLessThan(5000);
    const [written, converged, clock] = [1500, 2000, 2300];
    expect((leaves + written + converged + clock) % 5000).toBe(0);
  });

  it('is put off once: whoever comes late to it does not wait for the next block', () => {
    const story = adopted().play(guarded(FIVE), isWaiting);
    const due = Date.parse(story.status.stageDueAt!);
    expect(due - story.now).toBeLessThan(5000);
    story.second += 7;
    story.play(guarded(FIVE), isShifted, 1);
    expect(story.status.stageDueAt).toBeUndefined();
  });

  it('leaves at once where nothing is compared, and when that comes to be unknown', () => {
    const away = adopted().play(guarded(FIVE), isWaiting);
    away.play(NEW, isShifted, 1);
    const sitsOut = guarded(seen(undefined, { version: 1, sitsOut: 'nothing to compare' }));
    const story = adopted();
    story.play(sitsOut, isShifted);
    expect(story.status.stageDueAt).toBeUndefined();
  });
});

describe('what is pinned for the guard', () => {
  const pins = ({ status }: Story) => status.guard!;

  it('begins with the first weight, and has every weight after it', () => {
    const story = adopted();
    story.play(guarded(SILENT), ({ status }) => status.stage === 'scale-up');
    expect(story.status.guard).toBeUndefined();
    story.play(guarded(SILENT), ({ status }) => status.stage === 'shift');
    const { start } = pins(story);
    expect(pins(story)).toEqual({
      ...BASIS,
      start: new Date(story.now).toISOString(),
      shifts: [[1, 20, 0, -1, 1]],
    });
    story.play(guarded(SILENT), at(20));
    expect(pins(story).shifts).toEqual([[1, 20, 0, 2000, 1]]);
    story.play(guarded(SILENT), at(40));
    expect(pins(story)).toEqual({
      ...BASIS,
      start,
      shifts: [
        [1, 20, 0, 2000, 1],
        [2, 40, 12_000, 14_000],
      ],
    });
  });

  it('stays for people to read when it is over, until the next rollout', () => {
    const story = adopted().play(guarded(SILENT), isIn('Succeeded'));
    const before = pins(story);
    expect(before.shifts).toHaveLength(3);
    expect(before.ended).toBeGreaterThan(before.shifts!.at(-1)![3]!);
    story.play(guarded(SILENT, NEWER), isIn('Progressing'));
    expect(story.status.guard).toBeUndefined();
    story.play(guarded(SILENT, NEWER), at(20));
    expect(pins(story).shifts).toHaveLength(1);
    expect(pins(story).start).not.toBe(before.start);
  });

  it('ends with the comparison, not with what is cleaned up after it', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    expect(pins(story).ended).toBeUndefined();
    story.play(guarded(CONVICTS), isIn('Finalising'), 1);
    const end = Date.parse(pins(story).start!) + pins(story).ended!;
    expect(end).toBe(story.now);
    story.play(guarded(CONVICTS), isIn('Failed'));
    expect(Date.parse(pins(story).start!) + pins(story).ended!).toBe(end);
  });

  it('takes a weight that went and came back for one uncertain time', () => {
    const story = adopted().play(guarded(SILENT), at(40));
    const shiftAt = pins(story).shifts!.at(-1)![2]!;
    story.second += 5;
    story.play(
      guarded(SILENT, { ...NEW, canaryReady: false }),
      ({ status }) => status.canaryWeight === 0,
    );
    const [, , goneAt] = pins(story).shifts!.at(-1)!;
    expect(goneAt).toBeGreaterThan(shiftAt);
    expect(pins(story).shifts!.at(-1)).toEqual([2, 0, goneAt, -1]);
    story.play(guarded(SILENT), at(20));
    const carriedAt = Date.parse(story.status.step!.since!) - Date.parse(pins(story).start!);
    expect(pins(story).shifts!.slice(2)).toEqual([[3, 20, goneAt, carriedAt, 1]]);
  });

  it('voids what was between when istiod comes back and the weight is carried anew', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    const isAway = guarded(SILENT, { ...NEW, controlPlaneAway: true });
    story.play(isAway, ({ status }) => status.hold?.code === 'mesh');
    story.play(guarded(SILENT), ({ status }) => status.stage === 'shift');
    story.play(guarded(SILENT), at(20));
    expect(pins(story).shifts!.map(([step, weight]) => [step, weight])).toEqual([
      [1, 20],
      [1, 20],
    ]);
  });

  it('follows an edited spec at once, and keeps its grid', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    const before = pins(story);
    const strict = { ...BASIS, alpha: 0.001, edgeMs: 5000, blockMs: 15_000 };
    story.play(guarded(seen(undefined, strict)), ({ status }) => status.guard?.alpha === 0.001, 1);
    expect(pins(story)).toEqual({ ...before, alpha: 0.001 });
  });

  it('keeps what a newer Linnet has written there', () => {
    const story = adopted().play(guarded(SILENT), at(20));
    story.canary = {
      ...story.canary,
      status: { ...story.status, guard: { ...pins(story), later: true } },
    };
    story.play(guarded(SILENT), at(40));
    expect(pins(story)).toMatchObject({ later: true, alpha: 0.01 });
  });

  it('begins where a rollout stands that began without it, and anew under other rules', () => {
    const story = adopted().play(NEW, at(40));
    expect(story.status.guard).toBeUndefined();
    story.play(guarded(SILENT), ({ status }) => status.guard !== undefined, 1);
    expect(pins(story).shifts).toEqual([[2, 40, 0, 0, 1]]);
    const later = guarded(seen(undefined, { ...BASIS, version: 2 }));
    story.play(later, ({ status }) => status.guard?.version === 2, 2);
    expect(pins(story).shifts).toEqual([[2, 40, 0, 0, 1]]);
  });

  it('says why nothing is compared, and has no weights then', () => {
    const blueGreen = aCanary({ analysis: { iterations: 2 } });
    const why = { version: 1, sitsOut: 'nothing to compare' };
    const story = adopted(blueGreen).play(guarded(seen(undefined, why)), isIn('Succeeded'));
    expect(pins(story)).toEqual(why);
  });

  it('takes less than 1 KiB for ten steps, and is bounded for any number', () => {
    const analysis = { stepWeight: 1, maxWeight: 100 };
    const story = adopted(aCanary({ analysis })).play(guarded(SILENT), at(10), 2000);
    expect(JSON.stringify(pins(story)).length).toBeLessThan(1024);
    story.play(guarded(SILENT), isIn('Succeeded'), 2000);
    expect(JSON.stringify(pins(story)).length).toBeLessThan(3072);
  });
});
