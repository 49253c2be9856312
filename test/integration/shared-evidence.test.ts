import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { StoredEvidence } from '../../src/ports/evidence.ts';
import { SharedEvidence } from '../../src/queue/shared-evidence.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

let redis: StoppableRedis;
let tests = 0;
const opened: SharedEvidence[] = [];

beforeAll(async () => {
  redis = await redisAtPort();
});
afterAll(() => redis.stop());

beforeEach(() => void (tests += 1));
afterEach(() => {
  for (const evidence of opened.splice(0)) evidence.close();
});

const prefix = () => `{evidence-${tests}}`;

/** As one replica keeps it; resolves when it is heard by the others. */
async function replica(most?: number): Promise<SharedEvidence> {
  const address = { redis: { url: redis.url }, prefix: prefix() };
  const evidence = new SharedEvidence(most === undefined ? address : { ...address, most });
  opened.push(evidence);
  await vi.waitFor(() => expect(evidence.isShared).toBe(true), 10_000);
  return evidence;
}

/** Of the one rollout that the test has stored. */
async function keyInRedis(): Promise<string> {
  const [key] = (await redis.command('KEYS', `${prefix()}*`)) as string[];
  return key!;
}

const at = (block: number, by = 'one'): StoredEvidence => ({ block, shifts: 1, state: { by } });
const ALL = Infinity;

test('what one replica has gathered the others go on from', async () => {
  const [one, other] = [await replica(), await replica()];
  expect(await other.read('web', ALL)).toBeUndefined();
  expect(await one.advance('web', undefined, at(5))).toBe(true);
  expect(await other.read('web', ALL)).toEqual(at(5));
  expect(await other.advance('web', at(5), at(10, 'other'))).toBe(true);
  expect(await one.read('web', ALL)).toEqual(at(10, 'other'));
  expect(await one.read('checkout', ALL)).toBeUndefined();
});

test('of two that add the same block only one is heard', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.advance('web', undefined, at(5));
  await other.read('web', ALL);
  const taken = await Promise.all([
    one.advance('web', at(5), at(10, 'one')),
    other.advance('web', at(5), at(10, 'other')),
  ]);
  expect(taken.filter(Boolean)).toHaveLength(1);
  const winner = taken[0] ? 'one' : 'other';
  expect(await one.read('web', ALL)).toEqual(at(10, winner));
  expect(await other.read('web', ALL)).toEqual(at(10, winner));
});

test('who comes with older evidence, or with none, puts nothing back', async () => {
  const [one, late] = [await replica(), await replica()];
  await one.advance('web', undefined, at(5));
  await one.advance('web', at(5), at(15));
  expect(await late.advance('web', at(5), at(10, 'late'))).toBe(false);
  expect(await late.advance('web', undefined, at(20, 'late'))).toBe(false);
  expect(await late.read('web', ALL)).toEqual(at(15));
});

test('evidence that is not trusted is replaced by what was gathered anew', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.advance('web', undefined, at(15));
  expect(await other.advance('web', at(15), at(10, 'anew'))).toBe(true);
  expect(await other.read('web', ALL)).toEqual(at(10, 'anew'));
});

test('who has come as far itself asks nobody', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.advance('web', undefined, at(5));
  await other.advance('web', at(5), at(10, 'other'));
  expect(await one.read('web', 5)).toEqual(at(5));
  expect(await one.read('web', 6)).toEqual(at(10, 'other'));
});

test('an emptied Redis is filled again by who remembers', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.advance('web', undefined, at(5));
  await redis.command('FLUSHALL');
  expect(await one.read('web', ALL)).toEqual(at(5));
  expect(await other.read('web', ALL)).toBeUndefined();
  expect(await one.advance('web', at(5), at(10))).toBe(true);
  expect(await other.read('web', ALL)).toEqual(at(10));
});

test('while Redis is away each goes on by itself, and afterwards the furthest is heard', async () => {
  const [one, other] = [await replica(), await replica()];
  await one.advance('web', undefined, at(5));
  await redis.stop();
  try {
    expect(await one.advance('web', at(5), at(10))).toBe(true);
    expect(await one.read('web', ALL)).toEqual(at(10));
    expect(await other.read('web', ALL)).toBeUndefined();
  } finally {
    await redis.start();
  }
  await vi.waitFor(() => expect(one.isShared && other.isShared).toBe(true), 10_000);
  expect(await one.advance('web', at(10), at(15))).toBe(true);
  expect(await other.read('web', ALL)).toEqual(at(15));
});

test('what is damaged is none, and in nobody’s way', async () => {
  const one = await replica();
  await one.advance('web', undefined, at(5));
  await redis.command('HSET', await keyInRedis(), 'evidence', '{"block":');
  const other = await replica();
  expect(await other.read('web', ALL)).toBeUndefined();
  expect(await other.advance('web', undefined, at(5, 'other'))).toBe(true);
});

test('of many rollouts a process remembers the latest', async () => {
  const one = await replica(2);
  await one.advance('a', undefined, at(5));
  await one.advance('b', undefined, at(5));
  await one.advance('a', at(5), at(10));
  await one.advance('c', undefined, at(5));
  await redis.command('FLUSHALL');
  expect(await one.read('a', ALL)).toEqual(at(10));
  expect(await one.read('b', ALL)).toBeUndefined();
  expect(await one.read('c', ALL)).toEqual(at(5));
});

test('evidence goes by itself when nobody needs it any more', async () => {
  const one = await replica();
  await one.advance('web', undefined, at(5));
  expect(await redis.command('TTL', await keyInRedis())).toBeGreaterThan(800);
});
