import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { holdProcess } from '../../src/processes/held-process.ts';
import { findProgram } from '../../src/sandbox/programs.ts';

export interface StoppableRedis {
  readonly url: string;
  /** Starts it, empty, at the same address as before. */
  start(): Promise<void>;
  /** Ends it at once; what it held is gone. */
  stop(): Promise<void>;
}

/** A real Redis on a port of its own, not yet started. */
export async function redisAtPort(): Promise<StoppableRedis> {
  const program = await findProgram('redis-server');
  const port = await freePort();
  let stop = async (): Promise<void> => {};
  return {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const held = await holdProcess({
        name: 'redis',
        program: program.path,
        env: program.env,
        args: (directory) =>
          `--port ${port} --bind 127.0.0.1 --dir ${directory} --appendonly no`
            .split(' ')
            .concat('--save', ''),
      });
      stop = () => held.stop();
      await held.wrote(/ready to accept connections/i, 30_000);
    },
    stop: () => stop(),
  };
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
