import { catchUp, change, heard, isBehind, takeOff, tick } from './changes.ts';
import type { Contents } from './contents.ts';
import { Happenings } from './happenings.ts';
import type { Looks } from './looks.ts';
import { PODS_CAME, PODS_CHANGED, ROUTES_CHANGED, type Move } from './move.ts';
import { GROUPS, PRIMARY, ROUTES, TARGET, type Group } from './slots.ts';
import {
  budgetOf,
  EXCUSED,
  LATE,
  LATE_EXCUSED,
  POINT,
  REPLICAS,
  type Mishap,
  type State,
} from './state.ts';
import { LONGEST_PAUSE } from './time.ts';

type Happen = (next: State, move: Move) => void;

/** What happens without Linnet: to the cluster, to its watches, and that time passes. */
export class Events {
  readonly #contents: Contents;
  readonly #looks: Looks;
  readonly #happenings: Happenings;

  constructor(contents: Contents, looks: Looks) {
    this.#contents = contents;
    this.#looks = looks;
    this.#happenings = new Happenings(contents);
  }

  from(state: State, emit: Happen): void {
    for (const replica of REPLICAS) {
      for (const group of GROUPS) this.#hears(state, replica, group, emit);
    }
    this.#othersDo(state, emit);
    this.#timePasses(state, emit);
  }

  #hears(state: State, replica: number, group: Group, emit: Happen): void {
    if (!isBehind(state, replica, group)) return;
    const next = state.slice();
    catchUp(next, replica, group);
    emit(next, { kind: 'hears', replica, about: group });
  }

  #othersDo(state: State, emit: Happen): void {
    for (const slot of [TARGET, PRIMARY]) {
      const after = this.#happenings.settled(state[slot]!);
      if (after !== undefined) this.#happens(state, slot, after, 'settles', undefined, emit);
    }
    const mishaps = [
      ['crash', TARGET, 'crashes', this.#happenings.crashed(state[TARGET]!)],
      ['revision', TARGET, 'releases', this.#happenings.released(state[TARGET]!)],
      ['reset', ROUTES, 'resets', this.#happenings.reset(state[ROUTES]!)],
    ] as const;
    for (const [mishap, slot, kind, after] of mishaps) {
      if (after !== undefined && state[budgetOf(mishap)]! > 0) {
        this.#happens(state, slot, after, kind, mishap, emit);
      }
    }
  }

  #happens(
    state: State,
    slot: number,
    after: number,
    kind: 'settles' | 'crashes' | 'releases' | 'resets',
    mishap: Mishap | undefined,
    emit: Happen,
  ): void {
    const next = state.slice();
    if (mishap !== undefined) next[budgetOf(mishap)]! -= 1;
    const excuse = excuseFor(slot, mishap);
    for (const replica of REPLICAS) {
      if (next[replica + POINT] !== 0) next[replica + EXCUSED]! |= excuse;
    }
    if (next[LATE] !== 0) next[LATE_EXCUSED]! |= excuse;
    if (kind === 'resets') takeOff(next, this.#contents.facts(state[slot]!).stamp);
    change(next, slot, after, this.#contents);
    for (const { state: one, misses } of heard(next, slot, state[slot]!, undefined)) {
      emit(one, { kind, about: slot, misses });
    }
  }

  #timePasses(state: State, emit: Happen): void {
    const next = state.slice();
    tick(next, this.#contents, (at) => {
      const point = this.#looks.points[state[at]! - 1]!;
      return LONGEST_PAUSE - point.elapsed;
    });
    emit(next, { kind: 'tick' });
  }
}

function excuseFor(slot: number, mishap: Mishap | undefined): number {
  if (slot === ROUTES) return ROUTES_CHANGED;
  if (slot !== TARGET) return 0;
  return mishap === undefined ? PODS_CAME : PODS_CHANGED;
}
