import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { OutputTail } from './output-tail.ts';

export interface HoldOptions {
  /** Names the private directory, for people who look into the temporary folder. */
  readonly name: string;
  /** An absolute path, or a name that is looked up on the PATH. */
  readonly program: string;
  readonly args: (directory: string) => readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Fills the private directory before the program starts. */
  readonly prepare?: (directory: string) => void | Promise<void>;
  /** Whole seconds between asking the program to end and killing it. Default 5. */
  readonly graceSeconds?: number;
}

/** A program that ends with this process, however this process ends. */
export interface HeldProcess {
  /** Its private directory (mode 0700), removed when the program has ended. */
  readonly directory: string;
  /** Resolves when the program has ended, for whatever reason, and its directory is gone. */
  readonly ended: Promise<Ending>;
  /** The last few kilobytes of what it wrote. */
  output(): string;
  /**
   * Resolves with the match when a line of its output matches, also one among the last kilobytes
   * before the call. Rejects with its last words if it ends first, or after the deadline.
   */
  wrote(line: RegExp, deadlineMs: number): Promise<RegExpExecArray>;
  /** Ends it and resolves like `ended`. May be called again. */
  stop(): Promise<void>;
}

export interface Ending {
  /** As a shell reports it: 128 and the number of the signal when a signal ended it. */
  readonly code: number;
  /** Whether `stop` was called before. */
  readonly expected: boolean;
  readonly output: string;
}

/**
 * Starts a program that does not outlive this process, `kill -9` included. A shell of its own
 * session holds it, and reads a pipe that only this process keeps open: when that closes, the
 * shell ends the program with all it started, and removes its directory.
 */
export async function holdProcess(options: HoldOptions): Promise<HeldProcess> {
  const unguessable = `linnet-${options.name}-${randomBytes(8).toString('hex')}`;
  const directory = path.join(os.tmpdir(), unguessable);
  const held = hold(directory, options);
  try {
    // After the shell has started: from here on somebody will remove it.
    mkdirSync(directory, { mode: 0o700 });
    await options.prepare?.(directory);
  } catch (error) {
    await held.stop();
    throw error;
  }
  held.begin();
  return held;
}

/**
 * $1 is the directory, $2 the seconds of grace, the rest the program. The first line on the pipe
 * starts the program, the end of the pipe ends it. The shell itself must not write: a reader that
 * is gone would end it too early.
 */
const HOLDER = `
directory=$1 grace=$2
shift 2
exec 3<&0 </dev/null
code=0
if read -r begin <&3; then
  "$@" 3<&- &
  program=$!
  exec >/dev/null 2>&1
  { read -r end <&3; kill -TERM $program; sleep "$grace"; kill -KILL $program; } &
  wait $program
  code=$?
fi
trap '' TERM
kill -TERM 0
rm -rf "$directory" || { sleep 1; rm -rf "$directory"; }
exit $code
`;

interface NotBegun extends HeldProcess {
  begin(): void;
}

function hold(directory: string, options: HoldOptions): NotBegun {
  const { program, graceSeconds = 5 } = options;
  const holder = ['-c', HOLDER, `linnet-${options.name}`, directory, String(graceSeconds)];
  const shell = spawn('/bin/sh', [...holder, program, ...options.args(directory)], {
    detached: true,
    cwd: '/',
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const tail = new OutputTail();
  shell.stdout.on('data', (chunk: Buffer) => tail.add(chunk));
  shell.stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  // A program that ended by itself leaves a pipe that nobody reads.
  shell.stdin.on('error', () => {});

  let expected = false;
  const ended = new Promise<Ending>((resolve) => {
    shell.once('error', (error) => {
      tail.add(Buffer.from(`${error.message}\n`));
      resolve({ code: 127, expected, output: tail.text() });
    });
    shell.once('close', (code, signal) => {
      if (signal !== null) standInForHolder(shell.pid, directory);
      resolve({ code: code ?? 137, expected, output: tail.text() });
    });
  });
  void ended.then((ending) => tail.end(describeEnding(options.name, ending)));
  return {
    directory,
    ended,
    output: () => tail.text(),
    wrote: (line, deadlineMs) => tail.untilLine(line, deadlineMs, options.name),
    begin: () => void shell.stdin.write('begin\n'),
    stop: async () => {
      expected = true;
      shell.stdin.end();
      await ended;
    },
  };
}

/** Somebody killed the holder itself: its process group and the directory are left. */
function standInForHolder(group: number | undefined, directory: string): void {
  try {
    if (group !== undefined) process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody was left.
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function describeEnding(name: string, ending: Ending): string {
  const words = ending.output.trim();
  const said = words === '' ? 'it wrote nothing' : `it wrote: ${words}`;
  return `${name} ended with code ${ending.code}; ${said}`;
}
