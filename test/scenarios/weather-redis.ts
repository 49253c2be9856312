import { describe, expect, test, vi } from 'vitest';
import type { StoppableRedis } from '../builders/redis-at-port.ts';
import { SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';
import { ownRedis } from './own-redis.ts';
import type { Play } from './play.ts';
import { sentinelRedis } from './sentinel-redis.ts';

/** What becomes of it for as long as the rollout takes. */
const WEATHERS: readonly [string, (redis: StoppableRedis) => Promise<unknown>][] = [
  ['dies and never comes back', (redis) => redis.stop()],
  ['is emptied', (redis) => redis.command('FLUSHALL')],
  ['starts anew, empty', async (redis) => redis.stop().then(() => redis.start())],
  ['hangs with its connections open', (redis) => redis.command('CLIENT', 'PAUSE', '600000', 'ALL')],
  ['has no memory left', (redis) => redis.command('CONFIG', 'SET', 'maxmemory', '1')],
  ['cannot write to its disk any more', (redis) => redis.fillDisk()],
];

/** Redis is a cache of timers: without it everything goes on. */
export function describeRedisWeather(mid: MidRollout): void {
  describe.concurrent(
    'a rollout, and the rollback of the next, end in time when Redis',
    SCENARIO,
    () => {
      test.for(WEATHERS)('%s', async ([, strike], context) => {
        const redis = await ownRedis(context);
        const flags = { 'redis-url': redis.url };
        const play = await mid.at20('redis', context, { flags });
        const recording = await play.recordWeights('web');
        await mid.start({ replicaOf: play.linnet, flags });
        await strike(redis);
        expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
        await play.release('web', { image: 'shop:3', errors: '100%' });
        expect(await play.untilEnded('web', 2)).toMatchObject({ phase: 'Failed' });
        expect(await recording.stop()).toEqual([50, 0, 20, 0]);
      });

      test('fails over to its replica', async (context) => {
        const redis = await sentinelRedis(context);
        const play = await mid.at20('failover', context, { flags: { 'redis-url': redis.url } });
        const recording = await play.recordWeights('web');
        await redis.stopMaster();
        expect(await play.untilEnded('web', 1)).toMatchObject({ phase: 'Succeeded' });
        expect(await recording.stop()).toEqual([50, 0]);
        await redis.failedOver();
        await vi.waitFor(async () => expect(await isShared(play)).toBe(true), { timeout: 60_000 });
        await play.release('web', { image: 'shop:3', errors: '100%' });
        expect(await play.untilEnded('web', 2)).toMatchObject({ phase: 'Failed' });
      });
    },
  );
}

/** Whether the controller works through Redis again. */
async function isShared({ linnet }: Play): Promise<boolean> {
  const metrics = await (await fetch(`${linnet.url}/metrics`)).text();
  return /^linnet_redis_answering 1$/m.test(metrics);
}
