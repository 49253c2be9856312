import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { connect } from '../../src/queue/redis-address.ts';
import { redisPair, type RedisPair } from '../builders/redis-pair.ts';

let redis: RedisPair;

beforeAll(async () => {
  redis = await redisPair();
});
afterAll(() => redis.stop());

/** As a managed Redis does it when it fails over by its name: nobody is told. */
test('who is connected to a master that has become a replica goes where its address leads now', async () => {
  const client = connect({ url: redis.url });
  await vi.waitFor(() => client.set('before', '1'), PATIENCE);
  const former = await redis.demote();
  await expect(client.set('lost', '1')).rejects.toThrow('READONLY');
  await vi.waitFor(() => client.set('after', '1'), PATIENCE);
  expect(await redis.master.command('GET', 'after')).toBe('1');
  expect(String(await former.command('INFO', 'replication'))).toContain('role:slave');
  client.disconnect();
});

const PATIENCE = { timeout: 20_000 };
