import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'vitest';
import { holdProcess } from '../../src/processes/held-process.ts';
import { findProgram } from '../../src/sandbox/programs.ts';
import { freePort, redisAtPort } from '../builders/redis-at-port.ts';

export interface SentinelRedis {
  readonly url: string;
  stopMaster(): Promise<void>;
  /** Resolves when the replica is the master. */
  failedOver(): Promise<void>;
}

/** A master, its replica, and a Sentinel that is quick to decide; they end with the test. */
export async function sentinelRedis({ onTestFinished }: TestContext): Promise<SentinelRedis> {
  const master = await redisAtPort();
  onTestFinished(() => master.stop());
  const replica = await redisAtPort(['--replicaof', `127.0.0.1 ${master.port}`]);
  onTestFinished(() => replica.stop());
  // A Sentinel promotes nobody who was never in step.
  await replica.says('replication', /master_link_status:up/);
  const port = await freePort();
  const program = await findProgram('redis-server');
  const sentinel = await holdProcess({
    name: 'sentinel',
    program: program.path,
    env: program.env,
    args: (directory) => [path.join(directory, FILE), '--sentinel'],
    prepare: (directory) => writeFileSync(path.join(directory, FILE), settings(port, master.port)),
  });
  onTestFinished(() => sentinel.stop());
  await sentinel.wrote(/\+slave slave/, 30_000);
  return {
    url: `redis+sentinel://127.0.0.1:${port}/${NAME}`,
    stopMaster: () => master.stop(),
    failedOver: async () => void (await sentinel.wrote(/\+switch-master/, 60_000)),
  };
}

const FILE = 'sentinel.conf';
const NAME = 'linnet';

function settings(port: number, master: number): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor ${NAME} 127.0.0.1 ${master} 1`,
    `sentinel down-after-milliseconds ${NAME} 1000`,
    `sentinel failover-timeout ${NAME} 5000`,
    '',
  ].join('\n');
}
