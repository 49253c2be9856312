import type { Move } from './move.ts';
import { Seen } from './seen.ts';
import type { SmallWorld } from './small-world.ts';
import { Recovery } from './recovery.ts';
import { canonical, REPLICAS, RUNS, STATE_SIZE, type State } from './state.ts';

/** A law that is broken, and the shortest way there. */
export interface Violation {
  readonly law: string;
  /** How many steps it takes. */
  readonly depth: number;
  /** The states on the way, as explored, without the one that breaks the law. */
  readonly way: readonly State[];
}

export interface Found {
  readonly states: number;
  /** Steps to the states that are farthest away. */
  readonly depth: number;
  /** Every state that can be reached was explored. */
  readonly isComplete: boolean;
  readonly violation: Violation | undefined;
}

export interface Bounds {
  /** No more states than this. */
  readonly states: number;
  readonly onLevel?: (depth: number, states: number, looks: number) => void;
}

/** Explores breadth first, so that the first violation is one of those with the shortest way. */
export async function search(world: SmallWorld, first: State, bounds: Bounds): Promise<Found> {
  const seen = new Seen();
  const recovery = new Recovery(world);
  let level = new Level();
  const begin = canonical(first.slice());
  level.push(begin, seen.add(begin, -1)!);
  let broken: { law: string; from: number } | undefined;
  let depth = 0;
  for (; level.count > 0; depth += 1) {
    const next = new Level();
    for (let i = 0; i < level.count; i += 1) {
      const [state, number] = [level.state(i), level.number(i)];
      const emit = (after: State, _move: Move, law: string | undefined) => {
        if (law !== undefined) {
          broken ??= { law, from: number };
          return;
        }
        const one = canonical(after);
        const added = seen.add(one, number);
        if (added !== undefined) next.push(one, added);
      };
      if (world.moves.from(state, emit).length > 0) await world.each(state, emit);
      const stuck = isRunning(state) ? undefined : await recovery.broken(state);
      if (stuck !== undefined) broken ??= { law: stuck, from: number };
      if (broken !== undefined) break;
      if (seen.count >= bounds.states) break;
    }
    bounds.onLevel?.(depth, seen.count, world.looks.executed);
    if (broken !== undefined) {
      const violation = {
        law: broken.law,
        depth: depth + 1,
        way: await wayTo(world, begin, seen, broken.from),
      };
      return { states: seen.count, depth, isComplete: false, violation };
    }
    if (seen.count >= bounds.states) {
      return { states: seen.count, depth, isComplete: false, violation: undefined };
    }
    level = next;
  }
  return { states: seen.count, depth, isComplete: true, violation: undefined };
}

function isRunning(state: State): boolean {
  return REPLICAS.some((replica) => state[replica + RUNS] === 1);
}

/** Only how each state was reached is remembered: the way is walked again. */
async function wayTo(world: SmallWorld, begin: State, seen: Seen, last: number): Promise<State[]> {
  const numbers: number[] = [];
  for (let at = last; at >= 0; at = seen.parent(at)) numbers.push(at);
  const way = [begin];
  for (const number of numbers.toReversed().slice(1)) {
    const after: State[] = [];
    await world.each(way.at(-1)!, (next) => after.push(canonical(next)));
    const found = after.find((state) => seen.numberOf(state) === number);
    if (found === undefined) throw new Error('the way cannot be walked again');
    way.push(found);
  }
  return way;
}

/** The states at one distance from the first, packed. */
class Level {
  #states = new Int32Array(STATE_SIZE * 64);
  #numbers = new Int32Array(64);
  count = 0;

  push(state: State, number: number): void {
    if (this.count === this.#numbers.length) this.#grow();
    this.#states.set(state, this.count * STATE_SIZE);
    this.#numbers[this.count] = number;
    this.count += 1;
  }

  state(index: number): State {
    return this.#states.subarray(index * STATE_SIZE, (index + 1) * STATE_SIZE);
  }

  number(index: number): number {
    return this.#numbers[index]!;
  }

  #grow(): void {
    const [states, numbers] = [this.#states, this.#numbers];
    this.#states = new Int32Array(states.length * 2);
    this.#numbers = new Int32Array(numbers.length * 2);
    this.#states.set(states);
    this.#numbers.set(numbers);
  }
}
