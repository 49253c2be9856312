import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SCENARIOS } from '../test/model/scenarios.ts';
import type { Asked, Told } from '../test/model/worker.ts';
import { givenOptions, wholeNumber } from './command-line.ts';
import { startThread } from './typescript-thread.ts';

const USAGE = `npm run model -- [options]
  --states N       at most so many states of each scenario (default 3000000)
  --threads N      scenarios at a time (default: one a core)
  --only TEXT      scenarios whose name has this in it`;

/** `npm run model`: explores every scenario; the exit code says whether a law was broken. */
async function main(): Promise<void> {
  const { states, threads, only } = givenOptions(readOptions, USAGE);
  const chosen = SCENARIOS.flatMap(({ name }, scenario) => (name.includes(only) ? [scenario] : []));
  const waiting = chosen.toReversed();
  const begun = performance.now();
  const results: Told[] = [];
  console.log(
    `${'scenario'.padEnd(52)}${'states'.padStart(10)}${'steps'.padStart(7)}${'looks'.padStart(9)}${'seconds'.padStart(9)}`,
  );
  async function work(): Promise<void> {
    for (let scenario = waiting.pop(); scenario !== undefined; scenario = waiting.pop()) {
      const told = await exploreInThread({ scenario, states });
      results.push(told);
      console.log(lineOf(SCENARIOS[scenario]!.name, told));
      if (told.story !== undefined) console.log(`\n${told.story}\n`);
    }
  }
  await Promise.all(Array.from({ length: threads }, work));
  const seconds = (performance.now() - begun) / 1000;
  const total = results.reduce((sum, one) => sum + one.states, 0);
  const broken = results.filter(({ story }) => story !== undefined).length;
  console.log(
    `\n${total} states in ${seconds.toFixed(0)} s, ${(total / seconds).toFixed(0)} a second, by ${threads} threads; laws broken: ${broken}`,
  );
  if (broken > 0) process.exitCode = 1;
}

interface Options {
  readonly states: number;
  readonly threads: number;
  readonly only: string;
}

/** @throws Error with a sentence for people, when something given is not allowed. */
function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      states: { type: 'string', default: '3000000' },
      threads: { type: 'string', default: String(availableParallelism()) },
      only: { type: 'string', default: '' },
    },
  });
  return {
    states: wholeNumber('--states', values.states),
    threads: wholeNumber('--threads', values.threads),
    only: values.only,
  };
}

function exploreInThread(asked: Asked): Promise<Told> {
  const worker = startThread(WORKER, asked);
  return new Promise((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread ended with ${code} and no result`)));
  });
}

const WORKER = new URL('../test/model/worker.ts', import.meta.url);

function lineOf(name: string, { states, depth, looks, seconds, isComplete, story }: Told): string {
  const numbers = [
    String(states).padStart(10),
    String(depth).padStart(7),
    String(looks).padStart(9),
    seconds.toFixed(1).padStart(9),
  ];
  const end = story !== undefined ? 'BROKEN' : isComplete ? 'complete' : 'cut off';
  return `${name.padEnd(52)}${numbers.join('')}  ${end}`;
}

await main();
