import type { Random } from '../../src/sandbox/mesh/random.ts';
import type { StoppableRedis } from '../builders/redis-at-port.ts';
import { alone, between, lasting, type Fault, type Storm } from './fault.ts';

export const REDIS_FAULTS: readonly Fault[] = [
  redisFault('Redis is emptied', async ({ redis: { master } }) => {
    const keys = Number(await master.command('DBSIZE'));
    await master.command('FLUSHALL');
    return keys;
  }),
  redisFault('Redis is away', (storm, random) => awayFor(storm, between(random, 0, 6000))),
  redisFault('Redis hangs', async (storm, random) => {
    const { redis } = storm;
    const before = redis.asked;
    const ms = Math.round(between(random, 1000, 8000));
    await redis.master.command('CLIENT', 'PAUSE', String(ms), 'ALL');
    await lasting(storm, ms);
    const met = redis.asked - before;
    // Waits for its turn, as everybody does.
    await redis.master.command('CLIENT', 'UNPAUSE');
    return met;
  }),
  redisFault('Redis has no memory left', async (storm, random) => {
    const { master } = storm.redis;
    const before = await refusals(master, 'OOM');
    await master.command('CONFIG', 'SET', 'maxmemory', '1');
    await lasting(storm, between(random, 1000, 5000));
    await master.command('CONFIG', 'SET', 'maxmemory', '0');
    return (await refusals(master, 'OOM')) - before;
  }),
  redisFault('Redis cannot write to its disk', async (storm, random) => {
    const { master } = storm.redis;
    const before = await refusals(master, 'MISCONF');
    await master.fillDisk();
    await lasting(storm, between(random, 1000, 5000));
    await master.makeRoom();
    return (await refusals(master, 'MISCONF')) - before;
  }),
  redisFault('Redis fails over, its master dies', async (storm, random) => {
    const { redis } = storm;
    const before = redis.asked;
    await redis.failOver();
    await lasting(storm, between(random, 0, 2000));
    return redis.asked - before;
  }),
  redisFault('Redis fails over, its master lives on', async (storm, random) => {
    const former = await storm.redis.demote();
    const before = await refusals(former, 'READONLY');
    await lasting(storm, between(random, 2000, 5000));
    return (await refusals(former, 'READONLY')) - before;
  }),
];

/** Mostly for less than half a minute, and at times for ten minutes. */
export const REDIS_AWAY_FOR_MINUTES: Fault = redisFault(
  'Redis is away for minutes',
  (storm, random) => awayFor(storm, 10_000 * 60 ** (random() ** 2)),
);

/** One at a time. */
function redisFault(
  name: string,
  strike: (storm: Storm, random: Random) => Promise<number>,
): Fault {
  return {
    name,
    strike: (storm, random) => alone(storm.redis, () => strike(storm, random)),
  };
}

async function awayFor(storm: Storm, ms: number): Promise<number> {
  const { redis } = storm;
  const before = redis.asked;
  await redis.master.stop();
  await lasting(storm, ms);
  const met = redis.asked - before;
  await redis.master.start();
  return met;
}

/** How many commands it has refused with this error since it began. */
async function refusals(redis: StoppableRedis, error: string): Promise<number> {
  const said = String(await redis.command('INFO', 'errorstats'));
  return Number(new RegExp(`errorstat_${error}:count=(\\d+)`).exec(said)?.[1] ?? 0);
}
