import { SLOTS } from './slots.ts';

/**
 * One state of the small world, as numbers:
 *
 * - what stands in each slot (a number of `Contents`);
 * - the canary's percent that some proxies still obey, the stamp that Git took off the routes;
 * - what may still happen, by kind;
 * - of each replica: where its look stands (a number of `Looks`, plus one), how long it has paused
 *   since, whether the pods changed after it looked at them, which of the versions it has read is
 *   still the newest (plus one), and what its local store holds where it has missed something;
 * - a write of a dead process that has not arrived yet.
 */
export type State = Int32Array;

export const MISHAPS = [
  'pause',
  'missed',
  'late',
  'reset',
  'crash',
  'revision',
  'bad',
  'missing',
] as const;
export type Mishap = (typeof MISHAPS)[number];

const N = SLOTS.length;

export const LAG = N;
export const TAKEN_OFF = N + 1;
const BUDGET = N + 2;
export const FIRST_REPLICA = BUDGET + MISHAPS.length;

/** Offsets within a replica. */
export const POINT = 0;
export const PAUSE = 1;
export const EXCUSED = 2;
/** Its look goes on: nobody else moves before it ends, dies or pauses. */
export const RUNS = 3;
export const FRESH = 4;
export const CACHED = FRESH + N;
export const REPLICA_SIZE = CACHED + N;

export const REPLICAS = [FIRST_REPLICA, FIRST_REPLICA + REPLICA_SIZE] as const;

/** The late write: point of its look (plus one), index of the request, whether its version is fresh. */
export const LATE = FIRST_REPLICA + 2 * REPLICA_SIZE;
export const LATE_INDEX = LATE + 1;
export const LATE_FRESH = LATE + 2;
export const LATE_EXCUSED = LATE + 3;
export const LATE_PAUSE = LATE + 4;

export const STATE_SIZE = LATE + 5;

export function budgetOf(mishap: Mishap): number {
  return BUDGET + MISHAPS.indexOf(mishap);
}

/** What an idle replica knows of a slot where it has missed something: which content, and whether it is the newest version. */
export function cachedAs(content: number, isNewest: boolean): number {
  return 1 + content * 2 + (isNewest ? 1 : 0);
}

export function cachedContent(cached: number): number {
  return (cached - 1) >> 1;
}

export function isNewestCached(cached: number): boolean {
  return ((cached - 1) & 1) === 1;
}

/** The content of a slot as a replica's local store shows it. */
export function visible(state: State, replica: number, slot: number): number {
  const cached = state[replica + CACHED + slot]!;
  return cached === 0 ? state[slot]! : cachedContent(cached);
}

/** Replicas are alike: of two states that differ only by who is who, one is explored. */
export function canonical(state: State): State {
  const [one, other] = REPLICAS;
  for (let i = 0; i < REPLICA_SIZE; i += 1) {
    const difference = state[one + i]! - state[other + i]!;
    if (difference < 0) return state;
    if (difference > 0) break;
    if (i === REPLICA_SIZE - 1) return state;
  }
  const first = state.slice(one, one + REPLICA_SIZE);
  state.copyWithin(one, other, other + REPLICA_SIZE);
  state.set(first, other);
  return state;
}
