import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { startThread } from '../typescript-thread.ts';
import { NOTHING, sum, type Tally } from './tally.ts';
import type { Task } from './worker.ts';

const WORKER = new URL('worker.ts', import.meta.url);

/** Does all tasks on all cores; what belongs to one cell is added up, by its place. */
export async function runAll(
  tasks: readonly Task[],
  told: (done: number) => void,
): Promise<Map<number, Tally>> {
  const tallies = new Map<number, Tally>();
  const waiting = tasks.values();
  let done = 0;
  const work = async () => {
    const worker = startThread(WORKER);
    try {
      for (const task of waiting) {
        worker.postMessage(task, []);
        const [tally] = (await once(worker, 'message')) as [Tally];
        tallies.set(task.place, sum(tallies.get(task.place) ?? NOTHING, tally));
        told(++done);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return tallies;
}
