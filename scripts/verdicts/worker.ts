import { parentPort } from 'node:worker_threads';
import { cells } from './cells.ts';
import { tallyOf } from './tally.ts';

/** Some runs of one cell. */
export interface Task {
  readonly place: number;
  readonly seed: number;
  readonly first: number;
  readonly end: number;
}

const all = cells();

parentPort?.on('message', ({ place, seed, first, end }: Task) => {
  const cell = all[place];
  if (cell === undefined) throw new Error(`there is no cell ${place}`);
  parentPort?.postMessage(tallyOf(cell, place, seed, first, end), []);
});
