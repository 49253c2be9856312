import { describe, expect, test, vi } from 'vitest';
import { shiftedBy } from '../controller/shifted-clock.ts';
import { SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';
import { ownRedis } from './own-redis.ts';
import type { Play } from './play.ts';

/** Controllers die, pause, disagree about the time, and are of different versions. */
export function describeDeaths(mid: MidRollout): void {
  describe.concurrent('a rollout ends as it would have', SCENARIO, () => {
    test('when the controller is killed and started again', async (context) => {
      const play = await mid.at20('killed', context);
      const recording = await play.recordWeights('web');
      await play.linnet.kill();
      const next = await mid.start({ replicaOf: play.linnet });
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
      expect(await next.stop()).toBe(0);
    });

    test('when a second replica joins, and the first leaves', async (context) => {
      const redis = await ownRedis(context);
      const flags = { 'redis-url': redis.url };
      const play = await mid.at20('replicas', context, { flags });
      const recording = await play.recordWeights('web');
      await mid.start({ replicaOf: play.linnet, flags });
      expect(await play.linnet.stop()).toBe(0);
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });

    test('when two replicas have clocks ten minutes apart', async (context) => {
      const redis = await ownRedis(context);
      const flags = { 'redis-url': redis.url };
      const fast = { imports: [shiftedBy(300_000)] };
      const slow = { imports: [shiftedBy(-300_000)] };
      const play = await mid.at20('clocks', context, { flags, program: fast });
      const recording = await play.recordWeights('web');
      await mid.start({ replicaOf: play.linnet, flags, program: slow });
      const { history, ...status } = await play.untilEnded('web', 1);
      expect(status).toMatchObject({ phase: 'Succeeded', failedChecks: 0 });
      expect(await recording.stop()).toEqual([50, 0]);
      const { startedAt = '', endedAt = '' } = history?.[0] ?? {};
      const { metadata } = await mid.stage.api.create(`/api/v1/namespaces`, {
        metadata: { generateName: 'time-' },
      });
      const now = Date.parse(metadata.creationTimestamp ?? '');
      expect(Date.parse(endedAt)).toBeGreaterThan(Date.parse(startedAt));
      expect(Math.abs(now - Date.parse(endedAt))).toBeLessThan(200_000);
    });
  });

  describe('a newer Linnet', SCENARIO, () => {
    test('takes over, and the older one stands down until the end', async (context) => {
      const redis = await ownRedis(context);
      const flags = { 'redis-url': redis.url };
      const play = await mid.at20('versions', context, { flags });
      const recording = await play.recordWeights('web');
      const program = { main: await mid.shipped.newer() };
      const newer = { replicaOf: play.linnet, flags, program };
      const taking = await mid.start(newer);
      await play.until('web', ({ planVersion }) => planVersion === 2);
      await taking.kill();
      const { metadata } = await play.annotate('web', { 'example.com/look': 'again' });
      const looks = await looksOf(play);
      await play.annotate('web', { 'example.com/look': 'and again' });
      await vi.waitFor(async () => expect(await looksOf(play)).toBeGreaterThan(looks), 60_000);
      const { metadata: after, status } = await play.until('web', () => true);
      expect(status).toMatchObject({ planVersion: 2 });
      expect(Number(after.generation)).toBe(Number(metadata.generation));
      await mid.start(newer);
      expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
      expect(await recording.stop()).toEqual([50, 0]);
    });
  });
}

/** How often the controller has looked at a canary. */
async function looksOf({ linnet }: Play): Promise<number> {
  const metrics = await (await fetch(`${linnet.url}/metrics`)).text();
  return Number(/^linnet_reconcile_duration_seconds_count (\d+)/m.exec(metrics)?.[1]);
}
