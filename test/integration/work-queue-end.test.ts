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

/** A look that ends only when it is told to. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

test('a look that takes too long gives up its I/O, and the key is looked at again', async () => {
  const failures: unknown[] = [];
  let isAgain = (): void => undefined;
  const again = new Promise<void>((resolve) => (isAgain = resolve));
  const queue = new WorkQueue({
    name: 'looks',
    prefix: '{test-late}',
    redis: { url: redis.url },
    concurrency: 1,
    turnMs: 50,
    run: async (_key, signal) => {
      if (failures.length === 0) await untilAborted(signal);
      isAgain();
      return undefined;
    },
    overdue: () => [],
    onError: (key, error) => failures.push([key, (error as Error).name]),
  });
  await queue.ready();
  queue.add('shop/web');
  await again;
  expect(failures).toEqual([['shop/web', 'TimeoutError']]);
  await queue.close(1000);
});

test('a look may come to its end while the queue closes, and is ended when it does not', async () => {
  const signals: AbortSignal[] = [];
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const queue = new WorkQueue({
    name: 'looks',
    prefix: '{test-grace}',
    redis: { url: redis.url },
    concurrency: 1,
    run: (_key, signal) => {
      signals.push(signal);
      begin();
      return untilAborted(signal);
    },
    overdue: () => [],
    onError: () => undefined,
  });
  await queue.ready();
  queue.add('shop/web');
  await begun;
  const closed = queue.close(100);
  expect(signals[0]?.aborted).toBe(false);
  await closed;
  expect(signals[0]?.aborted).toBe(true);
});

test('what was to be looked at in a process that ends is left to another', async () => {
  const queueThat = (run: (key: string) => Promise<number | undefined>) =>
    new WorkQueue({
      name: 'looks',
      prefix: '{test-left}',
      redis: { url: redis.url },
      concurrency: 1,
      run,
      overdue: () => [],
      onError: () => undefined,
    });
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const leaving = queueThat(async () => {
    begin();
    await ended;
    return Date.now() + 100;
  });
  await leaving.ready();
  leaving.add('shop/looked-at');
  await begun;
  leaving.addHere('shop/soon', Date.now() + 200);
  const closed = leaving.close(5000);
  end();
  await closed;

  const looked = new Set<string>();
  let both = (): void => undefined;
  const all = new Promise<void>((resolve) => (both = resolve));
  const staying = queueThat((key) => {
    if (looked.add(key).size === 2) both();
    return Promise.resolve(undefined);
  });
  await all;
  expect(looked).toEqual(new Set(['shop/looked-at', 'shop/soon']));
  await staying.close(1000);
});
