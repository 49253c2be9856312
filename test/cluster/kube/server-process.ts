import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const LINES_SHOWN = 25;

/** A server that lives as long as its test run. */
export interface ServerProcess {
  name: string;
  /** Resolves with a sentence when the process has ended, whatever the reason. */
  ended: Promise<string>;
  /** Kills it and waits for its end: test servers have nothing worth a graceful shutdown. */
  stop(): Promise<void>;
  /** The last lines it logged. */
  logTail(): string;
}

/**
 * Starts a server that writes its log to `logFile`. The kernel kills it when this process dies,
 * so that not even `kill -9` leaves a server behind.
 */
export function startServer(
  name: string,
  program: string,
  args: string[],
  logFile: string,
): ServerProcess {
  const log = openSync(logFile, 'a');
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`${name} did not start: ${error.message}`));
    child.on('exit', (code, signal) => resolve(`${name} ended with ${signal ?? `code ${code}`}`));
  });
  return {
    name,
    ended,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
    logTail: () =>
      readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n'),
  };
}

/**
 * Waits for `ready`, unless the server ends or `timeoutMs` passes first: then throws with the end
 * of its log. `ready` must give up when its signal aborts.
 */
export async function awaitReady(
  server: ServerProcess,
  timeoutMs: number,
  ready: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), timeoutMs);
  const late = new Promise<string>((resolve) => {
    giveUp.signal.addEventListener('abort', () =>
      resolve(`${server.name} was not ready within ${timeoutMs} ms`),
    );
  });
  const failure = await Promise.race([
    ready(giveUp.signal).then(() => undefined),
    server.ended,
    late,
  ]);
  clearTimeout(timer);
  giveUp.abort();
  if (failure !== undefined) throw new Error(`${failure}; its log ends:\n${server.logTail()}`);
}
