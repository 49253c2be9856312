import { describe, expect, test } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import { CANARY_KIND } from '../../src/ports/kinds.ts';
import { runLinnet } from '../controller/linnet-process.ts';
import { canary, deployment, service } from '../manifests/app.ts';
import { expectNothingLeft } from './adoption.ts';
import { recordServed, untilServed } from './endpoints.ts';
import { type Fleet, SCENARIO } from './fleet.ts';
import { PATIENCE_MS, type Play } from './play.ts';

/** People stop a rollout, steer it, ask how it is, or take its Canary away. */
export function describeSteering(fleet: Fleet): void {
  describe.concurrent('a person', SCENARIO, () => {
    test('suspends a rollout, which keeps its weight, and lets it go on', async (context) => {
      const play = await fleet.play('suspend', context);
      const weights = await play.recordWeights('web');
      await startRollout(play);
      await play.edit('web', { suspend: true });
      await play.until('web', ({ hold }) => hold?.code === 'suspended');
      // What would have been the next step is over when a rollout of the same age has taken it.
      await completeOther(play);
      expect(await play.status('web')).toMatchObject({ phase: 'Progressing', canaryWeight: 20 });
      await play.edit('web', { suspend: false });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect((await weights.stop()).filter((w) => w > 0)).toEqual([20, 50]);
    });

    test('pauses, resumes, aborts, retries and promotes by annotation', async (context) => {
      const play = await fleet.play('orders', context);
      const { revision } = await startRollout(play);
      const order = (name: string, value = revision!) =>
        play.annotate('web', { [`linnet.dev/${name}`]: value });
      await order('pause');
      await play.until('web', ({ hold }) => hold?.code === 'paused');
      await order('resume');
      await play.until('web', ({ hold, step }) => hold === undefined && step?.weight === 50);
      await order('abort');
      expect(await play.untilEnded('web', 1)).toMatchObject({
        phase: 'Failed',
        history: [{ outcome: 'aborted', reason: 'a person ordered it' }],
      });
      await order('retry');
      await play.until('web', isAnalysed);
      await order('promote');
      expect(await play.untilEnded('web', 2)).toMatchObject({
        phase: 'Succeeded',
        orders: { pause: revision, resume: revision, abort: revision, promote: revision },
      });
    });

    test('deletes the Canary in mid-rollout: the target comes back first', async (context) => {
      const play = await fleet.play('delete', context);
      play.sendRequests('web');
      await play.apply(deployment('web', { image: 'shop:1' }), service('web'));
      await untilServed(play, 'web', 2);
      const served = await recordServed(play, 'web');
      await play.apply(canary('web'));
      await play.untilPhase('web', 'Initialized');
      await play.release('web', { image: 'shop:2' });
      await play.until('web', isAnalysed);
      await play.stage.api.delete(play.path(CANARY_KIND, 'web'));
      await expectNothingLeft(play, 'web');
      expect(Math.min(...(await served.stop()))).toBeGreaterThan(0);
    });

    test('asks for the status and sees what matters', async (context) => {
      const play = await fleet.play('status', context);
      await play.adopt('web');
      await play.release('web', { image: 'shop:2', errors: '90%' });
      await play.untilEnded('web', 1);
      const where = ['-n', play.namespace, '--kubeconfig', play.stage.kubeconfig];
      const one = await runLinnet(['status', 'web', ...where]);
      expect(one).toMatchObject({ code: 0 });
      expect(one.output).toMatch(/Failed/);
      expect(one.output).toMatch(/ROLLBACK: .*(request-success-rate|5xx)/);
      const fleetView = await runLinnet(['status', ...where]);
      expect(fleetView.output).toMatch(/web +Failed/);
      const none = await runLinnet(['status', 'nobody', ...where]);
      expect(none).toMatchObject({ code: 1 });
      expect(none.output).toMatch(/no Canary nobody/);
    });

    test('waits with kubectl until it is Ready, and reads its story there', async (context) => {
      const { kubectl } = fleet.stage;
      if (kubectl === undefined) return context.skip('there is no kubectl here');
      const play = await fleet.play('kubectl', context);
      const within = ['-n', play.namespace];
      await startRollout(play);
      const columns = await kubectl(['get', 'canary', 'web', ...within]);
      expect(columns.stdout).toMatch(/web +Progressing +20/);
      const wait = ['wait', 'canary/web', '--for=condition=Promoted', `--timeout=${PATIENCE_MS}ms`];
      expect(await kubectl([...wait, ...within])).toMatchObject({ code: 0 });
      const ready = ['wait', 'canary/web', '--for=condition=Ready', '--timeout=10s'];
      expect(await kubectl([...ready, ...within])).toMatchObject({ code: 0 });
      const story = await kubectl(['describe', 'canary', 'web', ...within]);
      expect(story.stdout).toMatch(/Normal +Initialized .*web is adopted/);
      expect(story.stdout).toMatch(/Normal +Started .*a new version is being rolled out/);
      expect(story.stdout).toMatch(/Normal +Promoted .*promoted/);
    });
  });
}

/** A rollout of `web` that is at weight 20; what is known of it then. */
async function startRollout(play: Play): Promise<CanaryStatus> {
  await play.adopt('web');
  await play.release('web', { image: 'shop:2' });
  return (await play.until('web', isAnalysed)).status!;
}

function isAnalysed({ phase, stage, step }: CanaryStatus): boolean {
  return phase === 'Progressing' && stage === 'analyse' && step?.weight === 20;
}

async function completeOther(play: Play): Promise<void> {
  await play.adopt('other');
  await play.release('other', { image: 'shop:2' });
  await play.untilEnded('other', 1);
}
