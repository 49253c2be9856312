import type { Crossing } from '../weather/crossing.ts';
import type { Journey } from './journeys.ts';
import type { Scene } from './scene.ts';
import { takeSeat, type Seat } from './seat.ts';
import { newTraveller } from './traveller.ts';

/** A Canary that makes one journey after the other, and the controller that looks after it alone. */
export interface Lane {
  readonly name: string;
  readonly seat: Seat;
  /** A second replica; only where there is a Redis that they share. */
  readonly relief: Seat | undefined;
  /** Every request that could be the last: to the API server and to people. */
  readonly crossings: readonly Crossing[];
  /** Brings its Canary, in peace, to where the journey begins. */
  prepare(journey: Journey): Promise<void>;
  /** What is to be complained of after a journey. */
  travel(journey: Journey): Promise<string[]>;
  stop(): Promise<void>;
}

/** Without a Redis by URL the controller has one of its own, which dies with it. */
export async function openLane(scene: Scene, number: number, redisUrl?: string): Promise<Lane> {
  const name = `lane-${number}`;
  const traveller = await newTraveller(scene, name);
  const shared = redisUrl === undefined ? {} : { 'redis-url': redisUrl };
  const flags = { namespace: traveller.place.namespace, ...shared };
  const seat = await takeSeat(scene, { flags });
  const relief = redisUrl === undefined ? undefined : await takeSeat(scene, { flags });
  const ways = await scene.peopleCrossing();
  await seat.start();
  await traveller.settle(ways.url);
  const excuses = () => [...seat.interruptions, ...(relief?.interruptions ?? [])];
  return {
    name,
    seat,
    relief,
    crossings: [seat.crossing, ways],
    prepare: (journey) => traveller.prepare(journey),
    async travel(journey) {
      const complaints = await traveller.travel(journey, excuses);
      return complaints.length === 0 ? [] : [...complaints, ...seat.logs().slice(-SHOWN_LINES)];
    },
    async stop() {
      await seat.kill();
      await relief?.kill();
    },
  };
}

const SHOWN_LINES = 20;
