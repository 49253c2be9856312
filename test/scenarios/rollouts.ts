import { afterAll, beforeAll, describe, expect, onTestFailed, test } from 'vitest';
import { Play } from './play.ts';
import type { Linnet, LinnetOptions, Stage } from './stage.ts';

/** What all rollouts of a suite share: the stage, and one controller for the whole fleet. */
export interface Fleet {
  stage: Stage;
  linnet: Linnet;
  /** A namespace for one test; what the controller logged about it is shown if the test fails. */
  play(label: string): Promise<Play>;
}

/** Starts stage and controller for the tests of a file. */
export function prepareFleet(prepare: () => Promise<Stage>, options?: LinnetOptions): Fleet {
  const fleet = {} as Fleet;
  beforeAll(async () => {
    fleet.stage = await prepare();
    fleet.linnet = await fleet.stage.startLinnet(options);
    fleet.play = (label) => playWith(fleet.stage, fleet.linnet, label);
  });
  afterAll(async () => {
    await fleet.linnet?.stop();
    await fleet.stage?.close();
  });
  return fleet;
}

async function playWith(stage: Stage, linnet: Linnet, label: string): Promise<Play> {
  const namespace = await stage.newNamespace(label);
  onTestFailed(() => {
    const about = linnet.logs().filter((line) => line.includes(namespace));
    console.error(`what Linnet logged about ${namespace}:\n${about.slice(-40).join('\n')}`);
  });
  return new Play(stage, linnet, namespace);
}

/** A new version is promoted or taken back. */
export function describeRollouts(fleet: Fleet): void {
  describe.concurrent('a rollout', () => {
    test('is promoted step by step', async () => {
      const play = await fleet.play('promote');
      await play.adopt('web');
      const weights = await play.recordWeights('web');
      await play.release('web', { image: 'shop:2' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Succeeded',
        canaryWeight: 0,
        failedChecks: 0,
        history: [{ outcome: 'promoted', weight: 50 }],
      });
      expect(await weights.stop()).toEqual([20, 50, 0]);
    });

    test('that fails for its users is taken back', async () => {
      const play = await fleet.play('fail');
      await play.adopt('web');
      await play.release('web', { image: 'shop:2', errors: '30%' });
      const status = await play.untilEnded('web', 1);
      expect(status).toMatchObject({
        phase: 'Failed',
        canaryWeight: 0,
        failedChecks: 2,
        history: [{ outcome: 'failed', weight: 20 }],
      });
      expect(status.verdict).toMatch(/^ROLLBACK: .*request-success-rate/);
    });
  });
}
