import { PLAN_VERSION } from '../../src/decide/decide.ts';
import { seededRandom } from '../../src/sandbox/mesh/random.ts';
import { redisPair } from '../builders/redis-pair.ts';
import type { Crossing } from '../weather/crossing.ts';
import { breakThings, type Happened, type Toll } from './breaking.ts';
import type { NewerLinnet } from './fault.ts';
import { PROMOTED, TAKEN_BACK } from './journeys.ts';
import type { Scene } from './scene.ts';
import { takeSeat, type Interruption } from './seat.ts';
import { newTraveller, type Traveller } from './traveller.ts';

export interface StormOptions {
  /** Decides which faults come in which order, and what is released. */
  readonly seed: number;
  readonly rollouts: number;
  /** Canaries that travel at the same time. */
  readonly travellers: number;
  /** The name of the only fault there is; undefined: all of them. */
  readonly fault?: string | undefined;
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

export interface StormOver {
  readonly rollouts: readonly RolloutOver[];
  readonly tolls: readonly Toll[];
}

/** Random rollouts under random faults; every one of them must end as it would have without. */
export async function ride(scene: Scene, options: StormOptions): Promise<StormOver> {
  const redis = await redisPair();
  const ways = await scene.peopleCrossing();
  const flags = { 'redis-url': redis.url, prometheus: ways.url };
  const seats = await Promise.all([1, 2, 3].map(() => takeSeat(scene, { flags })));
  try {
    await Promise.all(seats.map((seat) => seat.start()));
    const travellers = await settled(scene, ways, options);
    const newer = versionsOf(scene);
    const breaking = breakThings({ seats, ways, redis, newer }, options);
    const rollouts = await travelAll(travellers, breaking.happened, options);
    await breaking.end();
    return { rollouts, tolls: breaking.tolls };
  } finally {
    for (const seat of seats) seat.resume();
    await Promise.all(seats.map((seat) => seat.kill()));
    await redis.stop();
  }
}

/** One after the other, each with plans of its own that the last does not know. */
function versionsOf({ shipped, chronicle }: Scene): () => Promise<NewerLinnet> {
  let newest = PLAN_VERSION;
  return async () => {
    const version = (newest += 1);
    const main = await shipped.newer(version);
    return { main, taken: () => chronicle.countOf(version) };
  };
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
