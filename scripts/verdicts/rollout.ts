import { type Counted, type Traffic, WEIGHTS } from './traffic.ts';

/** What one block showed, and where in the rollout it was. */
export interface SeenBlock extends Counted {
  /** Counted from 0, also through holds. */
  readonly index: number;
  readonly step: number;
  readonly weight: number;
  /** Blocks of this step so far, this one included; 0 while the weight is only changing. */
  readonly age: number;
}

export type Move = 'stay' | 'advance' | 'rollback' | 'pause';

/** A way to judge a rollout, made anew for each. */
export interface Judge {
  /** Asked after every block. */
  next(block: SeenBlock): Move;
}

export interface Ended {
  readonly outcome: 'promoted' | 'rolled-back' | 'paused';
  /** How many blocks it took. */
  readonly blocks: number;
  /** Requests to the canary that failed or were too slow, from `from` on. */
  readonly harmed: number;
}

/** Two hours: no rule here waits for longer. */
const LONGEST = 1440;

/** One rollout from its first weight to its end. Harm is counted from block `from` on. */
export function rollOut(judge: Judge, traffic: Traffic, from: number): Ended {
  let harmed = 0;
  let [step, age] = [0, 0];
  for (let index = 0; index < LONGEST; index++) {
    const weight = WEIGHTS[step] ?? 0;
    const counted = traffic(index, weight);
    if (index >= from) harmed += counted.canary.bad;
    age++;
    const move = judge.next({ ...counted, index, step, weight, age });
    const blocks = index + 1;
    if (move === 'rollback') return { outcome: 'rolled-back', blocks, harmed };
    if (move === 'pause') return { outcome: 'paused', blocks, harmed };
    if (move !== 'advance') continue;
    step++;
    age = 0;
    if (step === WEIGHTS.length) return { outcome: 'promoted', blocks, harmed };
  }
  return { outcome: 'paused', blocks: LONGEST, harmed };
}
