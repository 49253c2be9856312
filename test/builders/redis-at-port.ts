import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { holdProcess } from '../../src/processes/held-process.ts';
import { findProgram } from '../../src/sandbox/programs.ts';

export interface StoppableRedis {
  readonly url: string;
  readonly port: number;
  /** Starts it again, empty, at the same address as before. */
  start(): Promise<void>;
  /** Ends it at once; what it held is gone. */
  stop(): Promise<void>;
  /** Nothing can be saved any more, it has noticed, and so it takes no writes. */
  fillDisk(): Promise<void>;
  /** It can be saved again. */
  makeRoom(): Promise<void>;
  /** As its administrator; rejects while it is away. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Resolves when a section of what it says of itself matches; rejects after 20 s. */
  says(section: string, pattern: RegExp): Promise<void>;
}

/** A real Redis that runs on a port of its own. `settings`: `--name`, value, ... */
export async function redisAtPort(settings: readonly string[] = []): Promise<StoppableRedis> {
  const program = await findProgram('redis-server');
  const port = await freePort();
  let stop = async (): Promise<void> => {};
  let folder = '';
  const url = `redis://127.0.0.1:${port}`;

  async function start(): Promise<void> {
    const held = await holdProcess({
      name: 'redis',
      program: program.path,
      env: program.env,
      args: (directory) =>
        `--port ${port} --bind 127.0.0.1 --dir ${directory} --appendonly no`
          .split(' ')
          .concat('--save', '', settings),
    });
    folder = held.directory;
    stop = () => held.stop();
    await held.wrote(/ready to accept connections/i, 30_000);
  }

  const command = (name: string, ...args: string[]) => commandTo(url, name, args);

  async function says(section: string, pattern: RegExp): Promise<void> {
    const late = performance.now() + PATIENCE_MS;
    for (;;) {
      const said = String(await command('INFO', section));
      if (pattern.test(said)) return;
      if (performance.now() > late) throw new Error(`Redis never said ${pattern}:\n${said}`);
      await pass(50);
    }
  }

  await start();
  return {
    url,
    port,
    start,
    stop: () => stop(),
    async fillDisk() {
      // What stands in the way of its file keeps it from being written, as a disk without room does.
      await rm(path.join(folder, DUMP), { force: true });
      await mkdir(path.join(folder, DUMP, 'full'), { recursive: true });
      await command('CONFIG', 'SET', 'save', '3600 1');
      await says('persistence', NONE_SAVES);
      await command('BGSAVE');
      await says('persistence', /rdb_bgsave_in_progress:0\r\n[^]*rdb_last_bgsave_status:err/);
    },
    async makeRoom() {
      await rm(path.join(folder, DUMP), { recursive: true });
      await says('persistence', NONE_SAVES);
      await command('SAVE');
      await command('CONFIG', 'SET', 'save', '');
    },
    command,
    says,
  };
}

/** Where Redis writes what it saves. */
const DUMP = 'dump.rdb';
/** Not for its replica either. */
const NONE_SAVES = /rdb_bgsave_in_progress:0/;
const PATIENCE_MS = 20_000;

async function commandTo(url: string, name: string, args: readonly string[]): Promise<unknown> {
  const client = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
