import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config.ts';

export type { Logger };

/** One line an event, on standard output; secrets never get this far. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = { level: logLevel, base: {}, timestamp: pino.stdTimeFunctions.isoTime };
  return logFormat === 'pretty' ? pino(options, prettyStream()) : pino(options);
}

function prettyStream(): DestinationStream {
  return pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', colorize: true });
}
