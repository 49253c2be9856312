import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Seconds of processor time by program name, `node` told apart as `bench` and `controller`. */
export type ProcessorTime = ReadonlyMap<string, number>;

/** Under which name the whole machine is counted, what the bench did not start included. */
export const MACHINE = 'whole machine';

/**
 * What this process and all that descend from it have used so far; empty where the system does not
 * tell. It shows what an elapsed time was spent on, and whether the machine had other work.
 */
export function processorTime(): ProcessorTime {
  try {
    return summed(machineSeconds());
  } catch {
    return new Map();
  }
}

/** By how much each program's time has grown. */
export function grownTime(before: ProcessorTime, after: ProcessorTime): ProcessorTime {
  return new Map([...after].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)]));
}

function summed(machine: number): ProcessorTime {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => processOf(Number(pid)) ?? []);
  const times = new Map<string, number>();
  for (const { name, seconds } of descendants(all)) {
    times.set(name, (times.get(name) ?? 0) + seconds);
  }
  return times.set(MACHINE, machine);
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
}

function descendants(all: readonly Process[]): Process[] {
  const kept = new Set([process.pid]);
  for (let known = 0; known < kept.size;) {
    known = kept.size;
    for (const { pid, parent } of all) if (kept.has(parent)) kept.add(pid);
  }
  return all.filter(({ pid }) => kept.has(pid));
}

/** Undefined for one that has ended meanwhile. */
function processOf(pid: number): Process | undefined {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { pid, parent: Number(fields[1]), name: nameOf(pid, args), seconds: ticks / 100 };
  } catch {
    return undefined;
  }
}

function nameOf(pid: number, args: readonly string[]): string {
  if (pid === process.pid) return 'bench';
  const name = path.basename((args[0] ?? '').split(' ')[0] ?? '');
  return name === 'node' && args.includes('run') ? 'controller' : name;
}

/** User, nice, system, and interrupts, of all cores together. */
function machineSeconds(): number {
  const [, user, nice, system, , , hard, soft] =
    readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/).map(Number) ?? [];
  return (
    [user, nice, system, hard, soft].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / 100
  );
}
