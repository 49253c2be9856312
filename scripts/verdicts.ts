import { readFileSync, writeFileSync } from 'node:fs';
import { givenOptions, refuse } from './command-line.ts';
import { type Cell, cells } from './verdicts/cells.ts';
import { decisionCost } from './verdicts/cost.ts';
import { withParts } from './verdicts/document.ts';
import { readOptions, USAGE, type VerdictOptions } from './verdicts/options.ts';
import { basis, tables } from './verdicts/parts.ts';
import { runAll } from './verdicts/pool.ts';
import type { Result } from './verdicts/table.ts';
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
  const parts = {
    ...tables(inOrder),
    cost: decisionCost(),
    basis: basis(options, performance.now() - began),
  };
  console.log(Object.values(parts).join('\n\n'));
  if (!options.write) return;
  writeFileSync(DOCUMENT, withParts(readFileSync(DOCUMENT, 'utf8'), parts));
}

const DOCUMENT = new URL('../docs/verdicts.md', import.meta.url);

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
