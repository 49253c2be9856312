import { once } from 'node:events';
import { readConfig } from '../config.ts';
import type { Given } from '../settings.ts';
import { startController } from './controller.ts';
import { createLog } from './log.ts';

/** `linnet run`: the controller, until SIGTERM or SIGINT. */
export async function runController(flags: Given, env: NodeJS.ProcessEnv): Promise<never> {
  const config = readConfig(flags, env);
  const log = createLog(config);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'Linnet ends: a mistake of its own');
    process.exit(1);
  });
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const controller = await startController(config, log);
  await ended;
  log.info({}, 'ending');
  await controller.stop();
  // Connections of BullMQ's own go on looking for a Redis that is away, or that refuses us.
  process.exit(0);
}
