import { Redis } from 'ioredis';
import { expect, vi, type TestContext } from 'vitest';
import { redisAtPort } from '../builders/redis-at-port.ts';

export interface OwnRedis {
  readonly url: string;
  /** At once; what it held is gone. */
  stop(): Promise<void>;
  /** Empty, at the same address. */
  start(): Promise<void>;
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Nothing can be saved any more, and it is told to save. */
  fillDisk(): Promise<void>;
}

/** A Redis that ends with the test, if not before. */
export async function ownRedis({ onTestFinished }: TestContext): Promise<OwnRedis> {
  const redis = await redisAtPort();
  await redis.start();
  onTestFinished(() => redis.stop());
  const command = (name: string, ...args: string[]) => commandTo(redis.url, name, args);
  return {
    url: redis.url,
    stop: () => redis.stop(),
    start: () => redis.start(),
    command,
    async fillDisk() {
      await redis.loseDisk();
      await command('CONFIG', 'SET', 'save', '3600 1');
      await command('BGSAVE');
      await vi.waitFor(() => expect(command('SET', 'a', 'b')).rejects.toThrow('MISCONF'), {
        timeout: 20_000,
      });
    },
  };
}

async function commandTo(url: string, name: string, args: readonly string[]): Promise<unknown> {
  const client = new Redis(url);
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}
