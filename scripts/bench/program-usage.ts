import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What all processes of one name use. */
export interface Usage {
  /** Of processor time. */
  readonly seconds: number;
  /** Of memory; unknown for the whole machine. */
  readonly residentBytes?: number;
}

/** By program name, `node` told apart as `bench` and `controller`. */
export type ProgramUsage = ReadonlyMap<string, Usage>;

/** Under which name the whole machine is counted, what the bench did not start included. */
export const MACHINE = 'whole machine';

/**
 * What this process and all that descend from it have used so far; empty where the system does not
 * tell. It shows what an elapsed time was spent on, and whether the machine had other work.
 */
export function programUsage(): ProgramUsage {
  try {
    return summed(machineSeconds());
  } catch {
    return new Map();
  }
}

/** The time that each has used between the two, and the memory that it has in the end. */
export function grownUsage(before: ProgramUsage, after: ProgramUsage): ProgramUsage {
  const grown = ([name, usage]: [string, Usage]): [string, Usage] => {
    const seconds = usage.seconds - (before.get(name)?.seconds ?? 0);
    return [name, { ...usage, seconds }];
  };
  return new Map([...after].map(grown));
}

function summed(machine: number): ProgramUsage {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => processOf(Number(pid)) ?? []);
  const usage = new Map<string, Required<Usage>>();
  for (const { name, seconds, residentBytes } of descendants(all)) {
    const others = usage.get(name);
    usage.set(name, {
      seconds: seconds + (others?.seconds ?? 0),
      residentBytes: residentBytes + (others?.residentBytes ?? 0),
    });
  }
  return new Map<string, Usage>(usage).set(MACHINE, { seconds: machine });
}

interface Process extends Required<Usage> {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
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
    return {
      pid,
      parent: Number(fields[1]),
      name: nameOf(pid, args),
      seconds: ticks / 100,
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined;
  }
}

const PAGE_BYTES = 4096;

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
