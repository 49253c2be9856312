import { afterAll, beforeAll, expect, test } from 'vitest';
import { WorkQueue } from '../../src/queue/work-queue.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

let redis: StoppableRedis;

beforeAll(async () => {
  redis = await redisAtPort();
  await redis.start();
});

afterAll(() => redis.stop());

test('a queue ends although a look never does', async () => {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const queue = new WorkQueue({
    name: 'looks',
    prefix: '{test-end}',
    redis: { url: redis.url },
    concurrency: 1,
    run: () => {
      begin();
      return new Promise(() => undefined);
    },
    overdue: () => [],
    onError: () => undefined,
  });
  await queue.ready();
  queue.add('shop/web');
  await begun;
  await expect(queue.close(100)).resolves.toBeUndefined();
});
