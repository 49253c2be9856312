import path from 'node:path';
import { holdProcess, type Ending } from './held-process.ts';
import type { Program } from './program.ts';

export interface RedisServer {
  /** Path of the unix socket that it listens on, and on nothing else. */
  readonly socket: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ending>;
  stop(): Promise<void>;
}

/** A real Redis (or Valkey) without persistence, reached by a unix socket in a private folder. */
export async function startRedis(program: Program): Promise<RedisServer> {
  const held = await holdProcess({
    name: 'redis',
    program: program.path,
    env: program.env,
    args: (directory) => serverArgs(directory),
  });
  try {
    await held.wrote(/ready to accept connections/i, START_DEADLINE_MS);
    return {
      socket: path.join(held.directory, SOCKET),
      ended: held.ended,
      stop: () => held.stop(),
    };
  } catch (error) {
    await held.stop();
    throw error;
  }
}

const SOCKET = 'redis.sock';
const START_DEADLINE_MS = 30_000;

function serverArgs(directory: string): string[] {
  const settings = {
    port: '0',
    unixsocket: path.join(directory, SOCKET),
    unixsocketperm: '700',
    dir: directory,
    save: '',
    appendonly: 'no',
    'maxmemory-policy': 'noeviction',
  };
  return Object.entries(settings).flatMap(([setting, value]) => [`--${setting}`, value]);
}
