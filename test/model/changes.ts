import type { Contents } from './contents.ts';
import { CANARY, GROUPS, ROUTES, SLOTS, type Group } from './slots.ts';
import {
  budgetOf,
  CACHED,
  cachedAs,
  cachedContent,
  FRESH,
  isNewestCached,
  LAG,
  LATE,
  LATE_FRESH,
  LATE_PAUSE,
  PAUSE,
  POINT,
  REPLICAS,
  TAKEN_OFF,
  type State,
} from './state.ts';

/** Slots by the watch that tells of them. */
const SLOTS_OF: readonly (readonly number[])[] = GROUPS.map((group) =>
  SLOTS.flatMap((one, slot) => (one.group === group ? [slot] : [])),
);

/** A slot gets another content: whoever has read it has an old version now. */
export function change(state: State, slot: number, after: number, contents: Contents): void {
  const before = state[slot]!;
  state[slot] = after;
  for (const replica of REPLICAS) state[replica + FRESH + slot] = 0;
  if (state[LATE] !== 0 && lateSlot(state, slot)) state[LATE_FRESH] = 0;
  if (slot !== ROUTES) return;
  const weight = contents.facts(after).canaryWeight;
  const obeyed = Math.max(state[LAG]!, contents.facts(before).canaryWeight);
  state[LAG] = obeyed > weight ? obeyed : 0;
}

/** The late write is about the slot that is kept beside it. */
function lateSlot(state: State, slot: number): boolean {
  return state[LATE_FRESH] === slot + 1;
}

/**
 * A change reaches the local stores, or some of them miss it, as far as that may still happen; a
 * store that has missed something of a watch hears nothing of it until the watch is back. `writer`
 * has the answer to its write.
 */
export function* heard(
  state: State,
  slot: number,
  before: number,
  writer: number | undefined,
): Generator<{ state: State; misses: number[] }> {
  const { group } = SLOTS[slot]!;
  for (const replica of REPLICAS) {
    if (state[replica + CACHED + slot] !== 0) learn(state, replica, slot, replica === writer);
  }
  const able = REPLICAS.filter(
    (replica) => replica !== writer && state[replica + CACHED + slot] === 0,
  );
  yield { state, misses: [] };
  const budget = state[budgetOf('missed')]!;
  if (budget === 0) return;
  for (const misses of [
    ...able.map((replica) => [replica]),
    ...(able.length === 2 ? [able] : []),
  ]) {
    if (misses.length > budget) continue;
    const next = state.slice();
    next[budgetOf('missed')] = budget - misses.length;
    for (const replica of misses) freeze(next, replica, group, slot, before);
    yield { state: next, misses };
  }
}

/** What a store that hears nothing makes of a change: its own write it knows, of others it is behind. */
function learn(state: State, replica: number, slot: number, isOwn: boolean): void {
  const at = replica + CACHED + slot;
  const cached = state[at]!;
  state[at] = isOwn ? cachedAs(state[slot]!, true) : cachedAs(cachedContent(cached), false);
  const { group } = SLOTS[slot]!;
  const all = SLOTS_OF[group]!;
  if (all.every((one) => isNewestCached(state[replica + CACHED + one]!))) {
    catchUp(state, replica, group);
  }
}

function freeze(state: State, replica: number, group: Group, missed: number, before: number): void {
  for (const slot of SLOTS_OF[group]!) {
    const isMissed = slot === missed;
    state[replica + CACHED + slot] = cachedAs(isMissed ? before : state[slot]!, !isMissed);
  }
}

/** The watch is back: the store holds what there is. */
export function catchUp(state: State, replica: number, group: Group): void {
  for (const slot of SLOTS_OF[group]!) state[replica + CACHED + slot] = 0;
}

export function isBehind(state: State, replica: number, group: Group): boolean {
  return state[replica + CACHED + SLOTS_OF[group]![0]!] !== 0;
}

/** A tick of the clock, for everything that has a time. */
export function tick(state: State, contents: Contents, longest: (replica: number) => number): void {
  state[CANARY] = contents.aged(state[CANARY]!);
  state[LAG] = 0;
  for (const replica of REPLICAS) {
    const cached = replica + CACHED + CANARY;
    if (state[cached] !== 0) {
      const older = contents.aged(cachedContent(state[cached]!));
      state[cached] = cachedAs(older, isNewestCached(state[cached]!));
    }
    if (state[replica + POINT] === 0) continue;
    state[replica + PAUSE] = Math.min(state[replica + PAUSE]! + 1, longest(replica));
  }
  if (state[LATE] !== 0) state[LATE_PAUSE] = Math.min(state[LATE_PAUSE]! + 1, longest(LATE));
}

/** What Git takes away: the stamp, which the laws remember. */
export function takeOff(state: State, stamp: number): void {
  state[TAKEN_OFF] = Math.max(state[TAKEN_OFF]!, stamp);
}
