import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findProgram } from '../../src/sandbox/programs.ts';
import { seededRandom } from '../../src/sandbox/mesh/random.ts';
import { startRedis, type RedisServer } from '../../src/processes/redis.ts';
import {
  JOURNEYS,
  killsOn,
  nameOf,
  strikeOnce,
  type Kind,
  type Strike,
} from '../chaos/every-request.ts';
import { openLane, type Lane } from '../chaos/lane.ts';
import { openScene, type Scene } from '../chaos/scene.ts';
import { ride } from '../chaos/storm.ts';

/** Another sample each time; `npm run chaos` takes all. */
const SEED = Number(process.env['LINNET_CHAOS_SEED'] ?? Math.floor(Math.random() * 1e6));
const PATIENCE = { timeout: 600_000 };

let scene: Scene;

beforeAll(async () => {
  scene = await openScene('sandbox');
});
afterAll(() => scene?.close());

describe(`chaos (LINNET_CHAOS_SEED=${SEED})`, PATIENCE, () => {
  test('a controller that dies or stands still at any request leaves work that the next one finishes', async () => {
    const redis = await startRedis(await findProgram('redis-server'));
    const lanes = await openLanes(redis);
    const strikes = sample(seededRandom(SEED));
    const outcomes = await Promise.all(
      lanes.map(async (lane, i) => {
        const mine = strikes.filter((_, number) => number % lanes.length === i);
        const complaints: string[] = [];
        for (const strike of mine) complaints.push(...(await complaintsAfter(lane, strike)));
        return complaints;
      }),
    );
    await Promise.all(lanes.map((lane) => lane.stop()));
    await redis.stop();
    expect(outcomes.flat()).toEqual([]);
  });

  test('three replicas in a storm end every rollout as it would have ended', async () => {
    const { rollouts } = await ride(scene, { seed: SEED, rollouts: 12, travellers: 4 });
    const bad = rollouts.filter(({ complaints }) => complaints.length > 0);
    expect(bad).toEqual([]);
    expect(rollouts).toHaveLength(12);
  });
});

/** Two that have a Redis of their own, two that share one. */
function openLanes(redis: RedisServer): Promise<Lane[]> {
  const urls = [undefined, `unix://${redis.socket}`];
  return Promise.all([0, 1, 2, 3].map((i) => openLane(scene, i, urls[i % 2])));
}

/** Rollouts are struck more often than what a Canary begins and ends with. */
function sample(random: () => number): Strike[] {
  const anyOf = (kind: Kind) => ({
    ...kind,
    n: 1 + Math.floor(random() * kind.journey.sureRequests),
  });
  const all = killsOn(JOURNEYS);
  const rollouts = all.filter(({ journey }) => journey.begins === 'new version');
  const kills = [...all, ...rollouts, ...rollouts].map(anyOf);
  const pauses = rollouts.map((kind) => ({ ...anyOf(kind), pauseMs: 12_000 }));
  return [...kills, ...pauses];
}

async function complaintsAfter(lane: Lane, strike: Strike): Promise<string[]> {
  const struck = await strikeOnce(lane, strike);
  const { complaints, request } = struck;
  const missed = request === undefined ? ['it was over before'] : [];
  return [...missed, ...complaints].map((complaint) => `${nameOf(struck)}: ${complaint}`);
}
