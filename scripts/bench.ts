import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { churn } from './bench/churn.ts';
import type { Place } from './bench/fleet.ts';
import { readOptions, USAGE, type BenchOptions } from './bench/options.ts';
import { measure, type Window } from './bench/samples.ts';
import { openStage, type BenchStage } from './bench/stage.ts';
import { rollbacksIn } from './bench/rollbacks.ts';
import { HOW_TO_READ, tableOf, type Part } from './bench/table.ts';
import { givenOptions } from './command-line.ts';

/** `npm run bench`: what the controller costs. Prints a table and asserts nothing. */
async function main(): Promise<void> {
  const options = givenOptions(readOptions, USAGE);
  build();
  const stage = await openStage(options, say);
  const end = () => void stage.close().finally(() => process.exit(130));
  process.once('SIGINT', end).once('SIGTERM', end);
  try {
    const parts = await play(stage, options);
    console.log(`\n${heading(stage, options)}\n\n${tableOf(parts)}\n\n${HOW_TO_READ}`);
  } finally {
    tellComplaints(stage);
    await stage.close();
  }
}

/** One after the other: adopted; then churn, or idle, one rollout, all rollouts, all held up. */
async function play(stage: BenchStage, options: BenchOptions): Promise<Part[]> {
  const { fleet } = stage;
  say(`${fleet.places.length} canaries are created at once`);
  const adoption = { heading: 'adoption', window: await adopt(stage, options) };
  if (options.adoptOnly) return [adoption];
  const rest = options.churnMinutes > 0 ? churned(stage, options) : released(stage, options);
  return [adoption, ...(await rest)];
}

async function released(stage: BenchStage, options: BenchOptions): Promise<Part[]> {
  const { fleet, traffic } = stage;
  const [first, others] = [fleet.places.slice(0, 1), fleet.places.slice(1)];
  const tenth = Math.ceil(fleet.places.length / 10);
  const [bad, good] = [fleet.places.slice(-tenth), fleet.places.slice(0, -tenth)];
  const windowMs = options.intervals * options.intervalMs;
  const parts: Part[] = [];
  const watch = async (heading: string) => {
    parts.push({ heading, window: await measure(stage, () => pass(windowMs)) });
  };

  say('idle: nothing is released');
  await pass(SETTLING_MS);
  await watch('idle');
  say('one rollout');
  await release(stage, first);
  await watch('1 rollout');
  say('a rollout of every canary');
  await release(stage, others);
  await watch('all rollouts');

  parts.push(await failing(stage, bad, windowMs));

  traffic.starve();
  say('every rollout is held up: the canaries get no requests any more');
  const isHeld = { what: 'held up', holds: ({ hold }: Status) => hold !== undefined };
  await asFarAsItGoes(fleet.until(isHeld, good, SHORT_PATIENCE_MS));
  await watch('all held up');
  return parts;
}

/** These versions fail for everybody, all at once. */
async function failing(
  stage: BenchStage,
  failed: readonly Place[],
  windowMs: number,
): Promise<Part> {
  const { traffic, fleet, routes } = stage;
  const before = routes.writes.length;
  say(`${failed.length} versions fail for everybody`);
  traffic.fail(failed);
  const isEnding = { what: 'taken back', holds: ({ ending }: Status) => ending !== undefined };
  const window = await measure(stage, async () => {
    const end = asFarAsItGoes(fleet.until(isEnding, failed, SHORT_PATIENCE_MS));
    await Promise.all([end, pass(windowMs)]);
  });
  const names = new Set(failed.map(({ name }) => name));
  const writes = routes.writes.slice(before).filter(({ name }) => names.has(name));
  const rollbacks = rollbacksIn(writes, traffic.failureSamples);
  return { heading: 'a tenth fails', window, rollbacks };
}

/** Whether memory stays where it is: a few columns from the first minute to the last. */
async function churned(stage: BenchStage, options: BenchOptions): Promise<Part[]> {
  const parts: Part[] = [];
  const partMs = (options.churnMinutes * 60_000) / CHURN_PARTS;
  const over = new AbortController();
  const people = churn(stage.fleet, options.interval, over.signal);
  for (let part = 1; part <= CHURN_PARTS; part += 1) {
    const minutes = ((part * partMs) / 60_000).toFixed(1);
    say(`churn until minute ${minutes}`);
    const window = await measure(stage, () => pass(partMs));
    parts.push({ heading: `churn, ${minutes} min`, window });
  }
  over.abort();
  await people;
  return parts;
}

const CHURN_PARTS = 5;

type Status = Parameters<Parameters<BenchStage['fleet']['until']>[0]['holds']>[0];

const PATIENCE_MS = 900_000;
const SHORT_PATIENCE_MS = 180_000;

/** What so many cannot all reach in time is said, and what was reached is measured. */
function asFarAsItGoes(reached: Promise<void>): Promise<void> {
  return reached.catch((error: unknown) =>
    say(error instanceof Error ? error.message : String(error)),
  );
}

/** What is still told and tidied after an adoption is part of no tick. */
const SETTLING_MS = 15_000;

/** Until the last is adopted. */
function adopt({ fleet, ...stage }: BenchStage, { interval }: BenchOptions): Promise<Window> {
  const isAdopted = {
    what: 'adopted',
    holds: ({ phase }: Status) => phase === 'Initialized',
  };
  return measure({ fleet, ...stage }, async () => {
    await fleet.createCanaries(interval);
    await fleet.until(isAdopted, fleet.places, PATIENCE_MS);
  });
}

/** Until all of them have traffic. */
async function release({ fleet }: BenchStage, places: readonly Place[]): Promise<void> {
  const isUnderWay = {
    what: 'under way',
    holds: ({ step }: Status) => step?.dueAt !== undefined,
  };
  await fleet.release(places, 'shop:2');
  await fleet.until(isUnderWay, places, PATIENCE_MS);
}

/** What is measured is what is shipped. */
function build(): void {
  const cwd = path.resolve(import.meta.dirname, '..');
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error('the controller could not be built');
}

function heading({ server, mesh, controller }: BenchStage, options: BenchOptions): string {
  const cores = os.cpus();
  return [
    `${options.canaries} canaries, interval ${options.interval}, against ${server.name}`,
    mesh.name,
    `controller ${controller.pinned} of ${cores.length} (${cores[0]?.model.trim()}), Node ${process.version}`,
    `load of the machine in the last minute: ${os.loadavg()[0]?.toFixed(1)}`,
  ].join('\n');
}

function tellComplaints({ controller: { complaints } }: BenchStage): void {
  if (complaints.length === 0) return;
  console.log(`\nThe controller complained ${complaints.length} times; first and last:`);
  console.log([...new Set([...complaints.slice(0, 3), ...complaints.slice(-3)])].join('\n'));
}

function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}

await main();
