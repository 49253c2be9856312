import type { SmallWorld } from './small-world.ts';
import { CANARY, SLOTS, slotText, TARGET } from './slots.ts';
import { FIRST_REPLICA, type State } from './state.ts';
import { letterOf } from './workload.ts';

/**
 * Whatever has happened: as soon as nothing goes wrong any more, one healthy replica brings the
 * rollout to its end, and the cluster is as the plan demands. Tried from every cluster that is met.
 */
export class Recovery {
  readonly #world: SmallWorld;
  readonly #known = new Set<string>();

  constructor(world: SmallWorld) {
    this.#world = world;
  }

  /** What is wrong with the end; undefined when all is well, or was found to be before. */
  async broken(state: State): Promise<string | undefined> {
    let at = quiet(state);
    while (!this.#known.has(keyOf(at))) {
      this.#known.add(keyOf(at));
      const end = await this.#lookOf(at);
      if (end === undefined) return this.#wrongAtRest(at);
      at = quiet(end);
    }
    return undefined;
  }

  /** On to the next state in which nobody is at work; undefined: nothing happens any more. */
  async #lookOf(state: State): Promise<State | undefined> {
    let at = await this.#world.nextAlone(state);
    for (let steps = 0; at !== undefined && !isQuiet(at); steps += 1) {
      if (steps > MOST_STEPS) throw new Error('a look does not end');
      at = await this.#world.nextAlone(at);
    }
    return at;
  }

  #wrongAtRest(state: State): string | undefined {
    const { contents, laws } = this.#world;
    const { status } = contents.facts(state[CANARY]!);
    const unlike = laws.unlike(state).map(slotText);
    if (unlike.length > 0) return `at rest, ${unlike.join(', ')} is not as the plan demands`;
    const { template } = contents.facts(state[TARGET]!);
    if (status?.hold?.code === 'paused') return undefined;
    if (!ENDS.has(status?.phase ?? '')) {
      return `left alone, the rollout stays in ${status?.phase}/${status?.stage}`;
    }
    return letterOf(status?.revision) === template
      ? undefined
      : `left alone, revision ${template} is never taken up`;
  }
}

const ENDS: ReadonlySet<string> = new Set(['Initialized', 'Succeeded', 'Failed']);

const MOST_STEPS = 500;

/** The same cluster, with replicas that start afresh. */
function quiet(state: State): State {
  const calm = new Int32Array(state.length);
  calm.set(state.subarray(0, SLOTS.length));
  return calm;
}

/** Nobody is at work; some proxies may still obey an older weight. */
function isQuiet(state: State): boolean {
  return state.subarray(FIRST_REPLICA).every((value) => value === 0);
}

function keyOf(state: State): string {
  return state.subarray(0, SLOTS.length).join();
}
