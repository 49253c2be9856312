import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Case } from '../../src/explain/case.ts';
import { runLinnet } from '../controller/linnet-process.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import { untilPaceIsKnown } from './pace.ts';
import type { Play } from './play.ts';

/** A step that no check ends: what happens meanwhile, the guard has done. */
const LONG_STEP = { interval: '10m', stepWeights: [20, 50], threshold: 5 };

/** The guard judges while a step lasts. */
export function describeGuard(fleet: Fleet): void {
  describe.concurrent('the guard', SCENARIO, () => {
    test('takes a version back that fails, long before a check is due', async (context) => {
      const play = await fleet.play('guard', context);
      await play.adopt('web', LONG_STEP);
      await untilPaceIsKnown(play, 'web');
      await play.release('web', { image: 'shop:2', errors: '100%' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Failed',
        failedChecks: 0,
        history: [{ outcome: 'failed', weight: 20 }],
      });
      expect(status.verdict).toMatch(
        /^ROLLBACK: 5xx \d+\/\d+ \(\d.*%\) vs primary 0\/\d+ \(0%\), allowed 0\.20%; evidence \d+\.\d >= 6\.2 after \d+ s$/,
      );
      const [rollout] = status.history!;
      expect(`ROLLBACK: ${rollout?.reason}`).toBe(status.verdict);
      await explained(play, 'web', status.verdict!);
    });

    test('leaves a healthy version alone', async (context) => {
      const play = await fleet.play('guard-healthy', context);
      await play.adopt('web', { interval: '12s', stepWeights: [20, 50] });
      await untilPaceIsKnown(play, 'web');
      await play.release('web', { image: 'shop:2' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
      expect(status.guard?.version).toBe(1);
      // Scraped each second; a young series looks as if it were every third.
      expect([5000, 6000]).toContain(status.guard?.blockMs);
      expect(status.guard!.shifts).toHaveLength(2);
      expect(await caseOf(play, 'web')).toMatchObject({
        outcome: 'promoted',
        guard: { ruling: { outcome: 'pass' } },
        checks: [{ stored: { outcome: 'pass' }, replayed: { outcome: 'pass' } }, {}],
      });
    });

    test('says why it does not compare', async (context) => {
      const play = await fleet.play('guard-blue-green', context);
      await play.adopt('web', {
        interval: '1s',
        iterations: 2,
        stepWeights: undefined,
        metrics: [],
      });
      await play.release('web', { image: 'shop:2' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({ phase: 'Succeeded' });
      expect(status.guard?.sitsOut).toMatch(/nothing to compare/);
      const { guard } = await caseOf(play, 'web');
      expect(guard.why).toBe(`The guard sits out: ${status.guard?.sitsOut}.`);
    });
  });
}

/** Whoever asks later, of Prometheus and the Canary alone, comes to the same evidence. */
async function explained(play: Play, name: string, verdict: string): Promise<void> {
  const told = await caseOf(play, name);
  expect(told).toMatchObject({
    outcome: 'failed',
    verdict,
    guard: { ruling: { outcome: 'rollback', line: verdict }, isStoredVerdict: true },
    checks: [{ replayed: { outcome: 'fail' } }, {}],
  });
  const [, score] = /evidence (\d+\.\d)/.exec(verdict) ?? [];
  expect(told.guard.blocks.at(-1)?.evidence.errors.toFixed(1)).toBe(score);
  expect(told.otherwise[0]).toMatch(/^With \d+ of the canary's \d+ failed requests fewer/);
  await shownToPeople(play, name, verdict);
}

async function shownToPeople({ stage, namespace }: Play, name: string, verdict: string) {
  const cluster = ['-n', namespace, '--kubeconfig', stage.kubeconfig];
  const here = ['--prometheus', stage.prometheusUrl];
  const folder = await mkdtemp(path.join(tmpdir(), 'linnet-explain-'));
  const page = path.join(folder, 'case.html');
  const shown = await runLinnet(['explain', name, ...cluster, ...here, '--html', page]);
  expect(shown).toMatchObject({ code: 0, output: expect.stringContaining(verdict) as string });
  expect(await readFile(page, 'utf8')).toContain('<svg');
  await rm(folder, { recursive: true });
  const away = await runLinnet(['explain', name, ...cluster, '--prometheus', 'http://127.0.0.1:9']);
  expect(away.code).toBe(1);
  expect(away.output).toMatch(/Without Prometheus .* cannot be reached/);
  const none = await runLinnet(['explain', 'nobody', ...cluster, ...here]);
  const sentence = `There is no Canary nobody in namespace ${namespace}.\n`;
  expect(none).toEqual({ code: 1, output: sentence });
}

async function caseOf({ stage, namespace }: Play, name: string): Promise<Case> {
  const where = ['-n', namespace, '--kubeconfig', stage.kubeconfig];
  const asked = ['--prometheus', stage.prometheusUrl, '--output', 'json'];
  const { code, output } = await runLinnet(['explain', name, ...where, ...asked]);
  expect({ code, output }).toMatchObject({ code: 0 });
  return JSON.parse(output) as Case;
}
