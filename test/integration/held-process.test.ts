import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test, vi } from 'vitest';
import { holdProcess, type HeldProcess } from '../../src/processes/held-process.ts';

/** A program that writes its process id, and that of a child of its own, then waits. */
const WAITS = 'sleep 1000 & echo "pids $$ $!"; wait';

function holdShell(script: string, graceSeconds = 1): Promise<HeldProcess> {
  return holdProcess({ name: 'test', program: 'sh', args: () => ['-c', script], graceSeconds });
}

function pidsIn(output: string): number[] {
  const found = /pids (\d+) (\d+)/.exec(output);
  return found === null ? [] : [Number(found[1]), Number(found[2])];
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A zombie has ended; only nobody has asked for it yet.
  const stat = `/proc/${pid}/stat`;
  return !existsSync('/proc') || (existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8')));
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), 10_000);
}

describe('a held process', () => {
  test('has a private directory while it runs, filled before it starts', async () => {
    const held = await holdProcess({
      name: 'test',
      program: 'cat',
      args: (directory) => [path.join(directory, 'a')],
      prepare: (directory) => writeFileSync(path.join(directory, 'a'), 'prepared\n'),
    });
    const mode = statSync(held.directory).mode & 0o777;
    expect(mode).toBe(0o700);
    const ending = await held.ended;
    expect(ending).toEqual({ code: 0, expected: false, output: 'prepared\n' });
    expect(existsSync(held.directory)).toBe(false);
  });

  test('stops with all that it started', async () => {
    const held = await holdShell(WAITS);
    await held.wrote(/^pids/, 10_000);
    const pids = pidsIn(held.output());
    await held.stop();
    expect((await held.ended).expected).toBe(true);
    await untilGone(pids);
    expect(existsSync(held.directory)).toBe(false);
    await held.stop();
  });

  test('is killed when it does not want to end', async () => {
    const held = await holdShell('trap "" TERM; echo deaf; while :; do sleep 1; done');
    await held.wrote(/^deaf$/, 10_000);
    await held.stop();
    expect((await held.ended).code).toBe(137);
  });

  test('gives its last words when it ends before it is ready', async () => {
    const held = await holdShell('echo "no space left" >&2; exit 3');
    await expect(held.wrote(/^ready/, 10_000)).rejects.toThrow(
      'test ended with code 3; it wrote: no space left',
    );
  });

  test('that does not exist says so', async () => {
    const held = await holdProcess({ name: 'test', program: '/no/such/program', args: () => [] });
    const ending = await held.ended;
    expect(ending.code).toBe(127);
    expect(ending.output).toMatch(/\/no\/such\/program/);
  });

  test('is not started when its directory cannot be prepared', async () => {
    let directory = '';
    const failing = holdProcess({
      name: 'test',
      program: 'true',
      args: () => [],
      prepare: (given) => {
        directory = given;
        throw new Error('disk full');
      },
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(existsSync(directory)).toBe(false);
  });

  test('leaves nothing behind when its holder is killed', async () => {
    const held = await holdShell('echo "pids $$ $PPID"; exec sleep 1000');
    await held.wrote(/^pids/, 10_000);
    const [program = 0, holder = 0] = pidsIn(held.output());
    process.kill(holder, 'SIGKILL');
    expect((await held.ended).expected).toBe(false);
    expect(existsSync(held.directory)).toBe(false);
    await untilGone([program]);
  });
});

describe('when the parent is gone', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('after %s', async (signal) => {
    const module = path.resolve('src/processes/held-process.ts');
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    parent.stdin.end(`
      const { holdProcess } = await import(${JSON.stringify(module)});
      const held = await holdProcess({ name: 'test', program: 'sh', args: () => ['-c', ${JSON.stringify(WAITS)}] });
      await held.wrote(/^pids/, 10000);
      console.log(JSON.stringify({ directory: held.directory, output: held.output() }));
    `);
    const line = await new Promise<string>((resolve) =>
      createInterface(parent.stdout).once('line', resolve),
    );
    const seen = JSON.parse(line) as { directory: string; output: string };
    const pids = pidsIn(seen.output);
    expect(pids.filter(isRunning)).toHaveLength(2);
    expect(existsSync(seen.directory)).toBe(true);

    parent.kill(signal);

    await untilGone(pids);
    await vi.waitFor(() => expect(existsSync(seen.directory)).toBe(false), 10_000);
  });
});
