import { afterAll, beforeAll, expect, test } from 'vitest';
import { WorkQueue, type WorkQueueOptions } from '../../src/queue/work-queue.ts';
import { happening } from '../builders/happening.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

let redis: StoppableRedis;

beforeAll(async () => {
  redis = await redisAtPort();
});

afterAll(() => redis.stop());

/** Of one replica; those with the same prefix share their keys. */
function queueThat(
  options: Pick<WorkQueueOptions, 'prefix' | 'run'> & Partial<WorkQueueOptions>,
): WorkQueue {
  return new WorkQueue({
    name: 'looks',
    redis: { url: redis.url },
    concurrency: 1,
    overdue: () => [],
    onError: () => undefined,
    ...options,
  });
}

/** A look that ends only when it is told to. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

test('a queue ends although a look never does', async () => {
  const begun = happening();
  const queue = queueThat({
    prefix: '{test-end}',
    run: () => {
      begun.happen();
      return new Promise(() => undefined);
    },
  });
  await queue.ready();
  queue.add('shop/web');
  await begun.happened;
  await expect(queue.close(100)).resolves.toBeUndefined();
});

test('a look that takes too long gives up its I/O, and the key is looked at again', async () => {
  const failures: unknown[] = [];
  const again = happening();
  const queue = queueThat({
    prefix: '{test-late}',
    turnMs: 50,
    run: async (_key, signal) => {
      if (failures.length === 0) await untilAborted(signal);
      again.happen();
      return undefined;
    },
    onError: (key, error) => failures.push([key, (error as Error).name]),
  });
  await queue.ready();
  queue.add('shop/web');
  await again.happened;
  expect(failures).toEqual([['shop/web', 'TimeoutError']]);
  await queue.close(1000);
});

test('a look may come to its end while the queue closes, and is ended when it does not', async () => {
  const signals: AbortSignal[] = [];
  const begun = happening();
  const queue = queueThat({
    prefix: '{test-grace}',
    run: (_key, signal) => {
      signals.push(signal);
      begun.happen();
      return untilAborted(signal);
    },
  });
  await queue.ready();
  queue.add('shop/web');
  await begun.happened;
  const closed = queue.close(100);
  expect(signals[0]?.aborted).toBe(false);
  await closed;
  expect(signals[0]?.aborted).toBe(true);
});

test('what was to be looked at in a process that ends is left to another', async () => {
  const prefix = '{test-left}';
  const [begun, allowed] = [happening(), happening()];
  const leaving = queueThat({
    prefix,
    run: async () => {
      begun.happen();
      await allowed.happened;
      return Date.now() + 100;
    },
  });
  await leaving.ready();
  leaving.add('shop/looked-at');
  await begun.happened;
  leaving.addHere('shop/soon', Date.now() + 200);
  const closed = leaving.close(5000);
  allowed.happen();
  await closed;

  const looked = new Set<string>();
  const both = happening();
  const staying = queueThat({
    prefix,
    run: (key) => {
      if (looked.add(key).size === 2) both.happen();
      return Promise.resolve(undefined);
    },
  });
  await both.happened;
  expect(looked).toEqual(new Set(['shop/looked-at', 'shop/soon']));
  await staying.close(1000);
});
