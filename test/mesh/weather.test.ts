import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCENARIO } from '../scenarios/fleet.ts';
import { expectLawful, expectNoneFailed } from './expectations.ts';
import { rolloutUnder } from './rollout.ts';
import { meshStage, type MeshStage } from './stage.ts';

let stage: MeshStage;
beforeAll(async () => {
  stage = await meshStage();
});
afterAll(() => stage.close());

/** A dozen intervals of the analysis. */
const AWAY_MS = 60_000;

describe.concurrent(
  'a healthy rollout ends as it would have, and no request fails',
  SCENARIO,
  () => {
    test('when Linnet is killed and absent for a minute', async (context) => {
      const { rollout, linnet } = await rolloutUnder(stage, 'killed', context);
      await rollout.releaseTo(40);
      const weights = await rollout.play.recordWeights('web');
      await linnet.kill();
      await delay(AWAY_MS);
      await stage.startLinnet({ replicaOf: linnet });
      const status = await rollout.untilEnded();
      const story = await rollout.end();

      expect(status).toMatchObject({ phase: 'Succeeded' });
      expect(await weights.stop()).toEqual([50, 0]);
      expectLawful(story);
      expectNoneFailed(story);
    });

    test('when a newer Linnet takes over', async (context) => {
      const { rollout, linnet } = await rolloutUnder(stage, 'takeover', context);
      await rollout.releaseTo(20);
      const weights = await rollout.play.recordWeights('web');
      await stage.startLinnet({ replicaOf: linnet });
      await rollout.play.until('web', ({ peakWeight = 0 }) => peakWeight >= 30);
      expect(await linnet.stop()).toBe(0);
      const status = await rollout.untilEnded();
      const story = await rollout.end();

      expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
      expect(await weights.stop()).toEqual([30, 40, 50, 0]);
      expectLawful(story);
      expectNoneFailed(story);
    });
  },
);

describe('with istiod away for a minute', SCENARIO, () => {
  test('a healthy rollout waits, is promoted when it is back, and no request fails', async (context) => {
    const { rollout } = await rolloutUnder(stage, 'istiod', context);
    context.onTestFinished(() => stage.startIstiod());
    await rollout.releaseTo(40);
    await stage.stopIstiod();
    await delay(AWAY_MS);
    await stage.startIstiod();
    const status = await rollout.untilEnded();
    const story = await rollout.end();

    expect(status).toMatchObject({ phase: 'Succeeded' });
    expectNoneFailed(story);
  });
});
