import { parseArgs } from 'node:util';
import { wholeNumber } from '../command-line.ts';

export interface VerdictOptions {
  readonly seed: number;
  /** Rollouts in each cell whose canary is healthy, and in each other. */
  readonly healthyRuns: number;
  readonly faultyRuns: number;
  /** A word that the rows to simulate contain. */
  readonly only: string;
  /** The one method to judge with; undefined: all. */
  readonly method: string | undefined;
  /** Whether the tables go into docs/verdicts.md. */
  readonly write: boolean;
}

export const USAGE = `npm run bench:verdicts -- [options]
  --quick      50 and 20 runs a cell: whether it works, no more
  --healthy N  rollouts in each cell whose canary is as good as the primary (default 10000)
  --faulty N   rollouts in each other cell (default 1000)
  --only WORD  only rows with that word
  --method NAME  only that column
  --write      puts the tables into docs/verdicts.md as well; of all rows and columns only
  --seed N     other random numbers (default 1)`;

/** @throws Error with a sentence for people, when something given is not allowed. */
export function readOptions(args: readonly string[]): VerdictOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      healthy: { type: 'string' },
      faulty: { type: 'string' },
      only: { type: 'string', default: '' },
      method: { type: 'string' },
      write: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const { only, method, write } = values;
  if (write && (only !== '' || method !== undefined)) {
    throw new Error('--write: found --only or --method as well, allowed is one of them');
  }
  return {
    seed: wholeNumber('--seed', values.seed),
    healthyRuns: wholeNumber('--healthy', values.healthy ?? (values.quick ? '50' : '10000')),
    faultyRuns: wholeNumber('--faulty', values.faulty ?? (values.quick ? '20' : '1000')),
    only,
    method,
    write,
  };
}
