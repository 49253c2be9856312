import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { holdProcess } from '../../src/processes/held-process.ts';
import { findProgram } from '../../src/sandbox/programs.ts';

export interface StoppableRedis {
  readonly url: string;
  readonly port: number;
  /** Starts it, empty, at the same address as before. */
  start(): Promise<void>;
  /** Ends it at once; what it held is gone. */
  stop(): Promise<void>;
  /** Takes the folder away that it writes to: nothing can be saved any more. */
  loseDisk(): Promise<void>;
}

/** A real Redis on a port of its own, not yet started. `settings`: `--name`, value, ... */
export async function redisAtPort(settings: readonly string[] = []): Promise<StoppableRedis> {
  const program = await findProgram('redis-server');
  const port = await freePort();
  let stop = async (): Promise<void> => {};
  let folder: string | undefined;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
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
    },
    stop: () => stop(),
    async loseDisk() {
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
