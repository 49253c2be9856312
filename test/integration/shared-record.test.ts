import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { ProcessAttempts } from '../../src/adapters/webhooks/attempts.ts';
import { SharedRecord } from '../../src/queue/shared-record.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

let redis: StoppableRedis;
let tests = 0;
const records: SharedRecord[] = [];
const doubled: string[] = [];

beforeAll(async () => {
  redis = await redisAtPort();
});
afterAll(() => redis.stop());

beforeEach(() => {
  tests += 1;
  doubled.length = 0;
});
afterEach(() => {
  for (const record of records.splice(0)) record.close();
});

/** As one replica keeps it; resolves when it is heard by the others. */
async function replica(): Promise<SharedRecord> {
  const record = new SharedRecord({
    redis: { url: redis.url },
    prefix: `{record-${tests}}`,
    own: new ProcessAttempts(),
    onDoubled: (effect, id) => doubled.push(`${effect} ${id}`),
  });
  records.push(record);
  await vi.waitFor(() => expect(record.isShared).toBe(true), 10_000);
  return record;
}

const YES = { passed: true, why: '', at: 120 };

test('a call that one replica begins is begun by no other, and all hear what was said', async () => {
  const [one, other] = [await replica(), await replica()];
  expect(await one.begin('web/rollout/1', 1, 0, 100)).toBe(true);
  expect(await other.begin('web/rollout/1', 1, 50, 150)).toBe(false);
  expect(await other.begin('web/rollout/1', 2, 50, 150)).toBe(false);
  expect(await other.read('web/rollout/1')).toMatchObject({ round: 1, callingUntil: 100 });
  await one.finish('web/rollout/1', 1, YES);
  expect(await other.read('web/rollout/1')).toEqual({ round: 1, callingUntil: 0, said: YES });
  expect(await other.begin('web/rollout/1', 1, 130, 230)).toBe(false);
  expect(await other.begin('web/rollout/1', 2, 130, 230)).toBe(true);
});

test('a call of a replica that died may be made again when its time is over', async () => {
  const [died, next] = [await replica(), await replica()];
  expect(await died.begin('a', 1, 0, 100)).toBe(true);
  expect(await next.begin('a', 2, 99, 199)).toBe(false);
  expect(await next.begin('a', 2, 100, 200)).toBe(true);
  await died.finish('a', 1, YES);
  expect((await next.read('a'))?.said).toBeUndefined();
});

test('an effect that was had twice is told, once for each time too many', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.done('message', 'uid/1/chat');
  await one.done('message', 'uid/2/chat');
  await one.done('hook', 'uid/1/chat');
  expect(doubled).toEqual([]);
  await other.done('message', 'uid/1/chat');
  expect(doubled).toEqual(['message uid/1/chat']);
});

test('while Redis is away each replica keeps its own record, and nothing waits', async () => {
  const one = await replica();
  expect(await one.begin('a', 1, 0, 100)).toBe(true);
  await redis.stop();
  try {
    expect(await one.begin('a', 2, 50, 150)).toBe(false);
    await one.finish('a', 1, YES);
    expect(await one.read('a')).toEqual({ round: 1, callingUntil: 0, said: YES });
    expect(await one.begin('b', 1, 0, 100)).toBe(true);
    await one.done('message', 'uid/1/chat');
  } finally {
    await redis.start();
  }
  await vi.waitFor(() => expect(one.isShared).toBe(true), 10_000);
  expect((await one.read('a'))?.said).toEqual(YES);
  expect(doubled).toEqual([]);
});
