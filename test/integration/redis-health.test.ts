import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDeadline } from '../../src/queue/redis-health.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

let redis: StoppableRedis;
let client: Redis;

beforeAll(async () => {
  redis = await redisAtPort();
  client = new Redis(redis.url);
  await client.ping();
});

afterAll(async () => {
  client.disconnect();
  await redis.stop();
});

test('a process that was busy for longer than the deadline does not take its Redis for away', async () => {
  const answer = withDeadline(client.ping(), 100);
  busyFor(500);
  await expect(answer).resolves.toBe('PONG');
});

test('who does not answer is given up', async () => {
  await expect(withDeadline(new Promise(() => undefined), 1)).rejects.toThrow('within 1 ms');
});

/** As by an answer of a hundred megabytes. */
function busyFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
