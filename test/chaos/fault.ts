import { setTimeout as pass } from 'node:timers/promises';
import type { Random } from '../../src/sandbox/mesh/random.ts';
import type { RedisPair } from '../builders/redis-pair.ts';
import type { Crossing } from '../weather/crossing.ts';
import { counted, type Weather } from '../weather/weathers.ts';
import type { Seat } from './seat.ts';

/** Three replicas, all that they lean on, and whoever may break it. */
export interface Storm {
  readonly seats: readonly Seat[];
  /** To the receivers of messages and to Prometheus. */
  readonly ways: Crossing;
  readonly redis: RedisPair;
  /** The next version of Linnet, which nobody runs yet. */
  newer(): Promise<NewerLinnet>;
  /** Aborted when the storm is over: whatever lasts then comes to its end. */
  readonly over: AbortSignal;
}

export interface NewerLinnet {
  readonly main: string;
  /** How many canaries have a plan of its making. */
  taken(): number;
}

/** Something that goes wrong for a while, and comes right again by itself. */
export interface Fault {
  readonly name: string;
  /**
   * Resolves, when all is right again, with how often it was felt: by so many requests, watches, keys,
   * connections or processes. Undefined: what it is done to was busy with another, and nothing happened.
   */
  strike(storm: Storm, random: Random): Promise<number | undefined>;
}

export function between(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}

/** So long, or until the storm is over. */
export async function lasting({ over }: Storm, ms: number): Promise<void> {
  await pass(ms, undefined, { signal: over }).catch(() => undefined);
}

export function anyOf<T>(things: readonly T[], random: Random): T {
  return things[Math.floor(random() * things.length)]!;
}

/** What is being done to one thing must be over before something else is. */
const busy = new Map<object, Promise<unknown>>();

/** Undefined, and nothing done, while something else is being done to the thing. */
export async function alone<T>(thing: object, strike: () => Promise<T>): Promise<T | undefined> {
  return busy.has(thing) ? undefined : inTurn(thing, strike);
}

/** After what is being done to the thing. */
export async function inTurn<T>(thing: object, strike: () => Promise<T>): Promise<T> {
  while (busy.has(thing)) await busy.get(thing)?.catch(() => undefined);
  const done = strike();
  busy.set(thing, done);
  try {
    return await done;
  } finally {
    busy.delete(thing);
  }
}

/** Answers how many requests met it. */
export async function under(
  storm: Storm,
  crossings: readonly Crossing[],
  { weather, ms }: { readonly weather: Weather; readonly ms: number },
): Promise<number> {
  const counting = counted(weather);
  const clear = crossings.map((crossing) => crossing.under(counting.weather));
  await lasting(storm, ms);
  for (const end of clear) end();
  return counting.met;
}
