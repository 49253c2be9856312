import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import type { CanaryStatus } from '../../src/api/status.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { startRedis } from '../../src/processes/redis.ts';
import { startDoor } from './door.ts';
import { playWith, SCENARIO } from './fleet.ts';
import type { Play } from './play.ts';
import type { LinnetOptions, Stage } from './stage.ts';

/** What Linnet leans on goes away in mid-rollout; each time a controller of its own feels it. */
export function describeWeather(prepare: () => Promise<Stage>): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await prepare();
  });
  afterAll(() => stage.close());

  /** A rollout at weight 20, under a controller that watches its namespace only. */
  async function rolloutAt20(
    label: string,
    context: TestContext,
    options: LinnetOptions = {},
  ): Promise<Play> {
    const namespace = await stage.newNamespace(label);
    const linnet = await stage.startLinnet({ ...options, namespace });
    const play = playWith(stage, linnet, namespace, context);
    await play.adopt('web');
    await play.release('web', { image: 'shop:2' });
    await play.until('web', isAnalysedAt20);
    return play;
  }

  describe.concurrent('a rollout ends as it would have', SCENARIO, () => {
    test('when the controller is killed and started again', async (context) => {
      const play = await rolloutAt20('killed', context);
      const recording = await play.recordWeights('web');
      await play.linnet.kill();
      const next = await stage.startLinnet({ replicaOf: play.linnet });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
      expect(await next.stop()).toBe(0);
    });

    test('when a second replica joins, and the first leaves', async (context) => {
      const redis = await ownRedis(context);
      const play = await rolloutAt20('replicas', context, { flags: { 'redis-url': redis.url } });
      const recording = await play.recordWeights('web');
      const flags = { 'redis-url': redis.url };
      await stage.startLinnet({ replicaOf: play.linnet, flags });
      expect(await play.linnet.stop()).toBe(0);
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test('when Redis dies and never comes back', async (context) => {
      const redis = await ownRedis(context);
      const play = await rolloutAt20('redis', context, { flags: { 'redis-url': redis.url } });
      await redis.stop();
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      await play.release('web', { image: 'shop:3', errors: '90%' });
      expect(await play.untilEnded('web', 2)).toMatchObject({ phase: 'Failed' });
    });

    test('when Prometheus is away for a while: it holds, says so, and goes on', async (context) => {
      const door = await startDoor(stage.prometheusUrl);
      context.onTestFinished(() => door.close());
      const play = await rolloutAt20('prometheus', context, { flags: { prometheus: door.url } });
      door.shut();
      const { status } = await play.until('web', ({ hold }) => hold?.code === 'evidence');
      expect(status).toMatchObject({ phase: 'Progressing', failedChecks: 0 });
      await play.until('web', ({ verdict = '' }) => /^HOLD: .*Prometheus/.test(verdict));
      door.open();
      expect(await play.untilEnded('web', 1)).toMatchObject({
        phase: 'Succeeded',
        failedChecks: 0,
      });
    });
  });
}

function isAnalysedAt20({ phase, stage, step }: CanaryStatus): boolean {
  return phase === 'Progressing' && stage === 'analyse' && step?.weight === 20;
}

/** A Redis that ends with the test, if not before. */
async function ownRedis({ onTestFinished }: TestContext) {
  const redis = await startRedis(await findProgram('redis-server'));
  onTestFinished(() => redis.stop());
  return { url: `unix://${redis.socket}`, stop: () => redis.stop() };
}
