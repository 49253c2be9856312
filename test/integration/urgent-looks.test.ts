import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WorkQueue } from '../../src/queue/work-queue.ts';
import { happening } from '../builders/happening.ts';
import { redisAtPort } from '../builders/redis-at-port.ts';

/** Longer than others would need to begin, and shorter than they wait. */
const TAKES_MS = 300;

test('what is urgent is looked at at once, and what is only due begins after it', async () => {
  const redis = await redisAtPort();
  const order: string[] = [];
  const all = happening();
  const note = (what: string) => {
    order.push(what);
    if (order.length === 4) all.happen();
  };
  const queue = new WorkQueue({
    name: 'looks',
    prefix: '{test-urgent}',
    redis: { url: redis.url },
    concurrency: 5,
    overdue: () => [],
    onError: (key) => note(`${key} failed`),
    run: async (key) => {
      note(key);
      return undefined;
    },
  });
  try {
    await queue.ready();
    const judged = queue.goFirst(async () => {
      await pass(TAKES_MS);
      note('judged');
    });
    queue.add('shop/due');
    queue.addHere('shop/soon', Date.now());
    queue.addUrgent('shop/convicted');
    await judged;
    await all.happened;
    expect(order.slice(0, 2)).toEqual(['shop/convicted', 'judged']);
    expect(order.slice(2).toSorted()).toEqual(['shop/due', 'shop/soon']);
  } finally {
    await queue.close(1000);
    await redis.stop();
  }
});
