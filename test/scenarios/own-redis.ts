import { expect, vi, type TestContext } from 'vitest';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

export interface OwnRedis extends StoppableRedis {
  /** Nothing can be saved any more, and it is told to save. */
  fillDisk(): Promise<void>;
}

/** A Redis that ends with the test, if not before. */
export async function ownRedis({ onTestFinished }: TestContext): Promise<OwnRedis> {
  const redis = await redisAtPort();
  onTestFinished(() => redis.stop());
  return {
    ...redis,
    async fillDisk() {
      await redis.loseDisk();
      await redis.command('CONFIG', 'SET', 'save', '3600 1');
      await redis.command('BGSAVE');
      await vi.waitFor(() => expect(redis.command('SET', 'a', 'b')).rejects.toThrow('MISCONF'), {
        timeout: 20_000,
      });
    },
  };
}
