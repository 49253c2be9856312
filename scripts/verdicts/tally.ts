import type { Cell } from './cells.ts';
import { Random, seedOf } from './random.ts';
import { rollOut } from './rollout.ts';
import { BLOCK_S } from './traffic.ts';

/** What became of the rollouts of one cell. */
export interface Tally {
  readonly runs: number;
  readonly rolledBack: number;
  /** Waiting for a person after half an hour of suspicion. */
  readonly paused: number;
  /** Rolled back before there was a fault: they tell nothing of finding it. */
  readonly early: number;
  /** Seconds from the fault to the rollback. */
  readonly delays: readonly number[];
  /** Requests to the canary that failed meanwhile, in all. */
  readonly harmed: number;
}

export const NOTHING: Tally = {
  runs: 0,
  rolledBack: 0,
  paused: 0,
  early: 0,
  delays: [],
  harmed: 0,
};

/** Runs number `first` to below `end` of a cell: the same whoever does them, and beside what others. */
export function tallyOf(
  cell: Cell,
  place: number,
  seed: number,
  first: number,
  end: number,
): Tally {
  let [rolledBack, paused, early, harmed] = [0, 0, 0, 0];
  const delays: number[] = [];
  for (let run = first; run < end; run++) {
    const random = new Random(seedOf(seed, place, run));
    const ended = rollOut(cell.method.begin(), cell.traffic(random), cell.from);
    if (ended.outcome === 'paused') paused++;
    if (ended.outcome !== 'rolled-back') continue;
    if (ended.blocks <= cell.from) {
      early++;
    } else {
      rolledBack++;
      harmed += ended.harmed;
      delays.push((ended.blocks - cell.from) * BLOCK_S);
    }
  }
  return { runs: end - first, rolledBack, paused, early, delays, harmed };
}

export function sum(a: Tally, b: Tally): Tally {
  return {
    runs: a.runs + b.runs,
    rolledBack: a.rolledBack + b.rolledBack,
    paused: a.paused + b.paused,
    early: a.early + b.early,
    delays: [...a.delays, ...b.delays],
    harmed: a.harmed + b.harmed,
  };
}

/** Of the rollouts that came to the fault, 0 to 1. */
export function foundShare({ runs, early, rolledBack }: Tally): number {
  return runs > early ? rolledBack / (runs - early) : 0;
}

/** In seconds, of those that were found; undefined without any. */
export function medianDelay({ delays }: Tally): number | undefined {
  return delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)];
}
