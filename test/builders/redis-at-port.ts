import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
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
  /** Takes the folder away that it writes to: nothing can be saved any more. */
  loseDisk(): Promise<void>;
  /** As its administrator; rejects while it is away. */
  command(name: string, ...args: string[]): Promise<unknown>;
}

/** A real Redis that runs on a port of its own. `settings`: `--name`, value, ... */
export async function redisAtPort(settings: readonly string[] = []): Promise<StoppableRedis> {
  const program = await findProgram('redis-server');
  const port = await freePort();
  let stop = async (): Promise<void> => {};
  let folder: string | undefined;
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

  await start();
  return {
    url,
    port,
    start,
    stop: () => stop(),
    async loseDisk() {
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
    command: (name, ...args) => commandTo(url, name, args),
  };
}

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
