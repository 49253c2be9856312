import { Contents } from './contents.ts';
import { Happenings } from './happenings.ts';
import { Laws } from './laws.ts';
import { Looks } from './looks.ts';
import type { Move } from './move.ts';
import { Moves, type MovesOptions } from './moves.ts';
import { APEX, CANARY, ROUTES, TARGET } from './slots.ts';
import { budgetOf, MISHAPS, REPLICAS, STATE_SIZE, type Mishap, type State } from './state.ts';
import { aCanary, aService, aTarget, aVirtualService } from './workload.ts';
import { NO_PODS } from './writes.ts';

/** How much may go wrong on one path. */
export type Allowance = Readonly<Partial<Record<Mishap, number>>>;

/** A small cluster with one Canary, and two replicas of Linnet. */
export class SmallWorld {
  readonly contents = new Contents();
  readonly looks: Looks;
  readonly laws: Laws;
  readonly moves: Moves;
  readonly #allowance: Allowance;

  constructor(allowance: Allowance, options: MovesOptions = {}) {
    this.#allowance = allowance;
    const allowed = Object.fromEntries(
      MISHAPS.map((mishap) => [mishap, allowance[mishap] ?? 0]),
    ) as Record<Mishap, number>;
    this.looks = new Looks(this.contents, options.weakness);
    this.laws = new Laws(this.contents, allowed);
    this.moves = new Moves(this.contents, this.looks, this.laws, options);
  }

  /** Before Linnet: a workload that serves, and a Canary that nobody has looked at. */
  untouched(): State {
    const state = new Int32Array(STATE_SIZE);
    const happenings = new Happenings(this.contents);
    state[CANARY] = this.contents.intern(aCanary());
    state[ROUTES] = this.contents.intern(aVirtualService());
    state[APEX] = this.contents.intern(aService());
    const status = { observedGeneration: 1, ...NO_PODS };
    const target = { ...aTarget(), status };
    state[TARGET] = happenings.settled(this.contents.intern(target))!;
    return state;
  }

  /** The same state, in which all of the allowance may still go wrong. */
  endangered(state: State): State {
    const next = state.slice();
    for (const mishap of MISHAPS) next[budgetOf(mishap)] = this.#allowance[mishap] ?? 0;
    return next;
  }

  /** One healthy replica alone, to the first state in which `until` holds or nothing happens. */
  async alone(state: State, until: (state: State) => boolean): Promise<State> {
    let at = state;
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      if (until(at)) return at;
      const next = await this.nextAlone(at);
      if (next === undefined) return at;
      at = next;
    }
    throw new Error('it does not come to rest');
  }

  /** What one healthy replica alone comes to next; undefined: it is at rest. */
  async nextAlone(state: State): Promise<State | undefined> {
    const found: { next: State; rank: number }[] = [];
    await this.each(state, (next, move) => {
      const rank = rankAlone(move);
      if (rank !== undefined && !isSame(next, state)) found.push({ next, rank });
    });
    return found.toSorted((a, b) => a.rank - b.rank)[0]?.next;
  }

  /** What may follow, executing what has to be. */
  async each(
    state: State,
    emit: (next: State, move: Move, broken: string | undefined) => void,
  ): Promise<void> {
    for (;;) {
      const unknown = this.moves.from(state, emit);
      if (unknown.length === 0) return;
      for (const execute of unknown) await execute();
    }
  }
}

const MOST_STEPS = 2000;

/** A healthy replica looks whenever it can; time passes when it has nothing to do. */
function rankAlone({ kind, replica, response }: Move): number | undefined {
  if (kind === 'step' && replica === REPLICAS[0]) {
    return response?.learned.measured === 'bad' || response?.learned.measured === 'missing'
      ? undefined
      : 0;
  }
  if (kind === 'settles') return 1;
  if (kind === 'hears') return 2;
  if (kind === 'looks' && replica === REPLICAS[0]) return 3;
  return kind === 'tick' ? 4 : undefined;
}

function isSame(one: State, other: State): boolean {
  return one.every((value, i) => value === other[i]);
}
