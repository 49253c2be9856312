import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config.ts';

export type { Logger };

/** One line an event, on standard output. Whoever logs a sentence sees to it that it holds no secret. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const options = { level: logLevel, base: {}, timestamp, serializers: { err: shownError } };
  return logFormat === 'pretty' ? pino(options, prettyStream()) : pino(options);
}

function prettyStream(): DestinationStream {
  return pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', colorize: true });
}

/**
 * Of an error what it says and where it comes from, and nothing else: libraries hang on it what they
 * were given, such as the command that Redis refused, password and all.
 */
export function shownError(error: unknown): object {
  if (!(error instanceof Error)) return { message: withoutUsers(String(error)) };
  const { name, message, stack = '', cause } = error;
  return {
    type: name,
    message: withoutUsers(message),
    ...codeOf(error),
    stack: withoutUsers(stack),
    ...(cause === undefined ? {} : { cause: shownError(cause) }),
  };
}

function codeOf(error: Error): { code?: string | number } {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number' ? { code } : {};
}

/** URLs without user and password. */
function withoutUsers(text: string): string {
  return text.replaceAll(/(\w+:\/\/)[^\s/@]*@/g, '$1***@');
}
