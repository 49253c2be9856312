import type { RedisConfig } from '../config.ts';
import { addressProblem, type RedisAddress } from '../queue/redis-address.ts';
import { findProgram } from '../sandbox/programs.ts';
import { startRedis, type RedisServer } from '../processes/redis.ts';
import type { Logger } from './log.ts';

export interface ProvidedRedis {
  readonly address: RedisAddress;
  stop(): Promise<void>;
}

/** The Redis that the configuration names, or one of this process' own that ends with it. */
export async function provideRedis(
  config: RedisConfig | undefined,
  log: Logger,
): Promise<ProvidedRedis> {
  if (config !== undefined) {
    const problem = addressProblem(config);
    if (problem !== undefined) throw new Error(problem);
    return { address: config, stop: async () => {} };
  }
  const program = await findProgram('redis-server', {
    onProgress: (progress) => log.info({}, progress),
  });
  const redis = await startRedis(program);
  void sayWhenGone(redis, log);
  return { address: { url: `unix://${redis.socket}` }, stop: () => redis.stop() };
}

/** Nothing waits for a Redis that is gone (DESIGN section 7); but somebody should know. */
async function sayWhenGone({ ended }: RedisServer, log: Logger): Promise<void> {
  const { expected, output } = await ended;
  if (!expected) log.error({ output }, 'the embedded Redis ended; this process goes on without it');
}
