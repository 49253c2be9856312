import { parentPort, workerData } from 'node:worker_threads';
import { explore, SCENARIOS } from './scenarios.ts';
import { storyOf } from './story.ts';

/** What one worker thread tells of one scenario. */
export interface Told {
  readonly states: number;
  readonly depth: number;
  readonly isComplete: boolean;
  /** Looks that were executed: each is a run of the real `reconcile`, or a part of one. */
  readonly looks: number;
  readonly seconds: number;
  /** The way to a broken law, for people. */
  readonly story: string | undefined;
}

/** What it is asked: which of the scenarios, and how many states at most. */
export interface Asked {
  readonly scenario: number;
  readonly states: number;
}

const { scenario, states } = workerData as Asked;
const begun = performance.now();
const { world, found } = await explore(SCENARIOS[scenario]!, { states });
const told: Told = {
  states: found.states,
  depth: found.depth,
  isComplete: found.isComplete,
  looks: world.looks.executed,
  seconds: (performance.now() - begun) / 1000,
  story: found.violation && (await storyOf(world, found.violation)),
};
parentPort!.postMessage(told, []);
