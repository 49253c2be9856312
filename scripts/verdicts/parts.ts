import os from 'node:os';
import { LINNET } from './methods.ts';
import type { VerdictOptions } from './options.ts';
import {
  durationTable,
  faultTable,
  healthyTable,
  missed,
  otherTrafficTable,
  type Result,
  situationsOf,
} from './table.ts';

/** By the names of their places in docs/verdicts.md, which says what their figures mean. */
export function tables(results: readonly Result[]): Record<string, string> {
  const durations = situationsOf(results, 'durations');
  return {
    'healthy versions': healthyTable(results),
    errors: faultTable(results, USUAL),
    'errors in other traffic': otherTrafficTable(results, LINNET.name, USUAL),
    durations: durations.map((situation) => durationTable(results, situation)).join('\n\n'),
    'what is missed': missed(results),
  };
}

const USUAL = '50 requests/s, 0.1 % errors';

/** How the figures came about. */
export function basis({ healthyRuns, faultyRuns, seed }: VerdictOptions, tookMs: number): string {
  const minutes = Math.ceil(tookMs / 60_000);
  const load = os.loadavg()[0]?.toFixed(0);
  const cores = os.availableParallelism();
  return [
    `${healthyRuns} rollouts in each cell with a healthy canary, ${faultyRuns} in each other, seed ${seed};`,
    `simulated in ${minutes} min on ${cores} cores, at a load of ${load}.`,
  ].join('\n');
}
