import os from 'node:os';
import { givenOptions, refuse } from './command-line.ts';
import { type Cell, cells } from './verdicts/cells.ts';
import { decisionCost } from './verdicts/cost.ts';
import { readOptions, USAGE, type VerdictOptions } from './verdicts/options.ts';
import { runAll } from './verdicts/pool.ts';
import {
  durationTable,
  faultTable,
  healthyTable,
  missed,
  type Result,
  situationsOf,
} from './verdicts/table.ts';
import type { Task } from './verdicts/worker.ts';

/** `npm run bench:verdicts`: how often the guard and its rivals are right. Asserts nothing. */
async function main(): Promise<void> {
  const options = givenOptions(readOptions, USAGE);
  const began = performance.now();
  const all = cells();
  const tasks = tasksOf(all, options);
  if (tasks.length === 0) refuse(nothingToDo(all), USAGE);
  const tallies = await runAll(tasks, progress(tasks.length));
  const results = [...tallies].map(([place, tally]): Result => {
    const cell = all[place];
    if (cell === undefined) throw new Error(`there is no cell ${place}`);
    return { cell, tally };
  });
  const inOrder = results.toSorted((a, b) => all.indexOf(a.cell) - all.indexOf(b.cell));
  console.log(report(inOrder, options));
  console.log(`\n${decisionCost()}`);
  const seconds = Math.round((performance.now() - began) / 1000);
  const load = os.loadavg()[0]?.toFixed(1);
  console.log(`\nsimulated in ${seconds} s, load of the machine in the last minute: ${load}`);
}

/** Runs in one message: a worker is never busy for long, and seldom asks for more. */
const CHUNK = 250;

function tasksOf(all: readonly Cell[], options: VerdictOptions): Task[] {
  return all.flatMap((cell, place) => {
    const runs = runsOf(cell, options);
    return Array.from({ length: Math.ceil(runs / CHUNK) }, (_, i) => {
      const first = i * CHUNK;
      return { place, seed: options.seed, first, end: Math.min(runs, first + CHUNK) };
    });
  });
}

function runsOf({ row, isHealthy, method }: Cell, options: VerdictOptions): number {
  const { only, method: wanted = method.name } = options;
  if (!row.includes(only) || method.name !== wanted) return 0;
  return isHealthy ? options.healthyRuns : options.faultyRuns;
}

function report(results: readonly Result[], { healthyRuns, faultyRuns, seed }: VerdictOptions) {
  return [
    `${healthyRuns} rollouts in each cell with a healthy canary, ${faultyRuns} in each other, seed ${seed}`,
    'Rolled back, percent of healthy versions; of each row, the worst traffic:',
    healthyTable(results),
    'Errors: found / seconds to the rollback, median / failed requests of the canary, mean:',
    ...situationsOf(results, 'faults').map((situation) => faultTable(results, situation)),
    'Durations: percent of healthy versions rolled back; else found / seconds, median:',
    ...situationsOf(results, 'durations').map((situation) => durationTable(results, situation)),
    'What a rival finds more often than Linnet:',
    missed(results),
  ].join('\n\n');
}

function progress(tasks: number): (done: number) => void {
  let told = 0;
  return (done) => {
    const tenths = Math.floor((10 * done) / tasks);
    if (tenths > told) console.error(`${10 * tenths} %`);
    told = tenths;
  };
}

function nothingToDo(all: readonly Cell[]): string {
  const columns = [...new Set(all.map(({ method }) => method.name))].join('; ');
  return `--only and --method: found no such row and column, allowed are a word of a row and one of: ${columns}`;
}

await main();
