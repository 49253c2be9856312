import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { findOnPath } from '../../src/sandbox/programs.ts';
import type { BenchOptions } from './options.ts';
import { TIED } from '../../test/controller/tied.ts';

/** What one sweep of Prometheus brought. */
export interface Sweep {
  readonly series: number;
  readonly durationMs: number;
}

/** The controller that is measured. */
export interface MeasuredController {
  /** Where it was pinned to, in words. */
  readonly pinned: string;
  /** All sweeps so far that succeeded. */
  readonly sweeps: readonly Sweep[];
  /** Its warnings and errors so far. */
  readonly complaints: readonly string[];
  /** The text of /metrics. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Starts `linnet run` as it was built, on one core. Resolves when it works. */
export async function startController(
  flags: Readonly<Record<string, string>>,
  { profile, heapMiB }: Pick<BenchOptions, 'profile' | 'heapMiB'>,
): Promise<MeasuredController> {
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const limited = heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  const given = Object.entries({ port: '0', 'log-level': 'debug', ...flags });
  const settings = given.map(([name, value]) =>
    value === 'true' ? `--${name}` : `--${name}=${value}`,
  );
  const main = path.join(ROOT, 'dist/main.js');
  const shipped = flagsOfImage();
  const node = [process.execPath, ...shipped, ...limited, ...TIED, ...profiling];
  const command = [...node, main, 'run', ...settings];
  const core = os.cpus().length - 1;
  const taskset = findOnPath('taskset', process.env);
  const [program = '', ...args] =
    taskset === undefined ? command : [taskset, '-c', String(core), ...command];
  const child = spawn(program, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit');
  const log = followLog([child.stdout, child.stderr]);
  const { port } = await Promise.race([log.running, ended.then(() => log.failed())]);
  return {
    pinned: taskset === undefined ? 'not pinned (no taskset)' : `pinned to core ${core}`,
    sweeps: log.sweeps,
    complaints: log.complaints,
    metrics: () => pageAt(`http://127.0.0.1:${port}/metrics`),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** By a connection of its own: a kept one may be closed just when a busy server is asked again. */
async function pageAt(url: string): Promise<string> {
  const [response] = (await once(http.get(url, { agent: false }), 'response')) as [
    http.IncomingMessage,
  ];
  return text(response);
}

/** What the image gives to Node. */
function flagsOfImage(): string[] {
  const image = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
  const [, entry = ''] = /^ENTRYPOINT (\[.*\])$/m.exec(image) ?? [];
  return (JSON.parse(entry) as string[]).slice(1, -1);
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly port?: number;
  readonly series?: number;
  readonly durationMs?: number;
}

const WARNING = 40;

function followLog(streams: readonly NodeJS.ReadableStream[]) {
  const sweeps: Sweep[] = [];
  const complaints: string[] = [];
  let begin: (line: { port: number }) => void = () => undefined;
  const running = new Promise<{ port: number }>((resolve) => (begin = resolve));
  const take = (text: string) => {
    const line = parsed(text);
    if (line === undefined || line.level >= WARNING) complaints.push(text);
    else if (line.msg === 'swept') {
      sweeps.push({ series: line.series ?? 0, durationMs: line.durationMs ?? 0 });
    } else if (line.port !== undefined) begin({ port: line.port });
  };
  for (const input of streams) createInterface({ input }).on('line', take);
  const failed = (): never => {
    throw new Error(`the controller ended:\n${complaints.slice(-20).join('\n')}`);
  };
  return { sweeps, complaints, running, failed };
}

function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
