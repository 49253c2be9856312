import type { TestContext } from 'vitest';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';

/** A Redis that ends with the test, if not before. */
export async function ownRedis({ onTestFinished }: TestContext): Promise<StoppableRedis> {
  const redis = await redisAtPort();
  onTestFinished(() => redis.stop());
  return redis;
}
