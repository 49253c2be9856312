import { setTimeout as pass } from 'node:timers/promises';
import { seededRandom, type Random } from '../../src/sandbox/mesh/random.ts';
import { redisAtPort, type StoppableRedis } from '../builders/redis-at-port.ts';
import type { Crossing } from '../weather/crossing.ts';
import { FAULTS } from './faults.ts';
import { PROMOTED, TAKEN_BACK } from './journeys.ts';
import type { Scene } from './scene.ts';
import { takeSeat, type Interruption, type Seat } from './seat.ts';
import { newTraveller, type Traveller } from './traveller.ts';

export interface StormOptions {
  /** Decides which faults come in which order, and what is released. */
  readonly seed: number;
  readonly rollouts: number;
  /** Canaries that travel at the same time. */
  readonly travellers: number;
  /** No rollout begins after so many milliseconds. */
  readonly longestMs?: number;
  /** Told of every rollout that is over. */
  readonly report?: (over: RolloutOver) => void;
}

export interface RolloutOver {
  readonly name: string;
  readonly complaints: readonly string[];
  /** The faults that it went through. */
  readonly faults: readonly string[];
}

/** Three replicas, all that they lean on, and whoever may break it. */
export interface Storm {
  readonly seats: readonly Seat[];
  /** To the receivers of messages and to Prometheus. */
  readonly ways: Crossing;
  readonly redis: StoppableRedis;
  readonly random: Random;
}

/** A fault that was, by `performance.now()`. */
interface Happened {
  readonly name: string;
  readonly from: number;
  until: number;
}

/** Random rollouts under random faults; every one of them must end as it would have without. */
export async function ride(scene: Scene, options: StormOptions): Promise<readonly RolloutOver[]> {
  const redis = await redisAtPort();
  const ways = await scene.peopleCrossing();
  const flags = { 'redis-url': redis.url, prometheus: ways.url };
  const seats = await Promise.all([1, 2, 3].map(() => takeSeat(scene, { flags })));
  const random = seededRandom(options.seed);
  const storm: Storm = { seats, ways, redis, random };
  try {
    await Promise.all(seats.map((seat) => seat.start()));
    const travellers = await settled(scene, ways, options);
    const happened: Happened[] = [];
    const over = new AbortController();
    const breaking = [1, 2].map(() => breakThings(storm, happened, over.signal));
    const rollouts = await travelAll(travellers, happened, options);
    over.abort();
    await Promise.all(breaking);
    return rollouts;
  } finally {
    for (const seat of seats) seat.resume();
    await Promise.all(seats.map((seat) => seat.kill()));
    await redis.stop();
  }
}

async function settled(scene: Scene, { url }: Crossing, options: StormOptions) {
  const numbers = Array.from({ length: options.travellers }, (_, i) => i);
  return Promise.all(
    numbers.map(async (i) => {
      const traveller = await newTraveller(scene, `storm-${options.seed}-${i}`);
      await traveller.settle(url);
      return traveller;
    }),
  );
}

/** Whoever is back sets out again, until enough rollouts have begun. */
async function travelAll(
  travellers: readonly Traveller[],
  happened: readonly Happened[],
  { seed, rollouts, longestMs = Infinity, report }: StormOptions,
): Promise<RolloutOver[]> {
  const random = seededRandom(seed + 1);
  const all: RolloutOver[] = [];
  const begun = performance.now();
  let next = 0;
  const travelOn = async (traveller: Traveller) => {
    while (next < rollouts && performance.now() - begun < longestMs) {
      next += 1;
      const journey = random() < 0.6 ? PROMOTED : TAKEN_BACK;
      const name = `rollout ${next} (${journey.name}, ${traveller.place.namespace})`;
      const from = performance.now();
      const excuses = () => happened.map(asInterruption);
      const complaints = await traveller.travel(journey, excuses);
      const faults = happened
        .filter(({ until }) => until >= from)
        .map(({ name: fault, from: at }) => `${((at - from) / 1000).toFixed(1)} s: ${fault}`);
      const over = { name, complaints, faults };
      all.push(over);
      report?.(over);
    }
  };
  await Promise.all(travellers.map(travelOn));
  return all;
}

/** Whatever happened may be why a message came twice. */
function asInterruption({ from, until }: Happened): Interruption {
  return { kind: 'killed', from, until };
}

/** One fault after the other, with a moment of calm between them. */
async function breakThings(storm: Storm, happened: Happened[], over: AbortSignal): Promise<void> {
  const { random } = storm;
  while (!over.aborted) {
    const fault = FAULTS[Math.floor(random() * FAULTS.length)];
    const calmMs = 300 + random() * 1500;
    if (fault === undefined) return;
    const one = { name: fault.name, from: performance.now(), until: Infinity };
    happened.push(one);
    await fault.strike(storm);
    one.until = performance.now();
    await pass(calmMs, undefined, { signal: over }).catch(() => undefined);
  }
}
