import { describe, expect, test, vi, type TestContext } from 'vitest';
import { API_VERSION } from '../../src/api/group.ts';
import { startPeople, type People } from '../builders/people.ts';
import type { Linnet } from '../controller/linnet.ts';
import { BLUE_GREEN } from '../manifests/app.ts';
import { playWith, SCENARIO } from './fleet.ts';
import type { MidRollout } from './mid-rollout.ts';
import { ownRedis } from './own-redis.ts';
import type { Play } from './play.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Three processes, one cluster, one Redis: none of them leads. */
export function describeReplicas(mid: MidRollout): void {
  describe('three replicas', SCENARIO, () => {
    test('share the work, and doubly do nothing, while they are rolled one after the other', async (context) => {
      const { play, people, replicas, next } = await threeReplicas(mid, context);
      await releaseAll(play, 2);
      await vi.waitFor(async () => expect(await allHaveLooked(replicas)).toBe(true), 60_000);
      const doubled: number[] = [];
      for (const leaving of replicas.splice(0)) {
        replicas.push(await next());
        doubled.push(await doubledEffects(leaving));
        expect(await leaving.stop()).toBe(0);
      }
      for (const name of NAMES) {
        expect(await play.untilEnded(name, 1)).toMatchObject({ phase: 'Succeeded' });
        await play.until(name, ({ outbox = [] }) => outbox.length === 0);
      }
      for (const replica of replicas) doubled.push(await doubledEffects(replica));
      expect(doubled).toEqual([0, 0, 0, 0, 0, 0]);
      const told = people.messages.map(({ name, kind }) => `${name} ${kind}`).toSorted();
      const kinds = ['initialized', 'promoted', 'started'];
      expect(told).toEqual(NAMES.flatMap((name) => kinds.map((kind) => `${name} ${kind}`)));
      const asked = people.calls.filter(({ kind }) => kind === '/before');
      expect(asked.map(({ name }) => name).toSorted()).toEqual(NAMES);
    });

    test('lose one and go on', async (context) => {
      const { play, people, replicas } = await threeReplicas(mid, context);
      await releaseAll(play, 2);
      await play.until('a', ({ phase }) => phase === 'Progressing');
      await replicas[0]?.kill();
      for (const name of NAMES) {
        expect(await play.untilEnded(name, 1)).toMatchObject({ phase: 'Succeeded' });
        await play.until(name, ({ outbox = [] }) => outbox.length === 0);
      }
      const told = new Set(people.messages.map(({ name, kind }) => `${name} ${kind}`));
      expect(told.size).toBe(NAMES.length * 3);
    });
  });
}

async function threeReplicas(mid: MidRollout, context: TestContext) {
  const redis = await ownRedis(context);
  const people = await startPeople();
  context.onTestFinished(() => people.close());
  const flags = { 'redis-url': redis.url };
  const namespace = await mid.stage.newNamespace('replicas');
  const first = await mid.start({ namespace, flags });
  const next = () => mid.start({ replicaOf: first, flags });
  const replicas: Linnet[] = [first, await next(), await next()];
  const play = playWith(mid.stage, first, namespace, context);
  await play.apply({
    apiVersion: API_VERSION,
    kind: 'AlertProvider',
    metadata: { name: 'people' },
    spec: { type: 'webhook', address: `${people.url}/messages` },
  });
  await Promise.all(NAMES.map((name) => play.adopt(name, analysisOf(people))));
  return { play, people, replicas, next };
}

function analysisOf({ url }: People) {
  return {
    ...BLUE_GREEN,
    iterations: 5,
    alerts: [{ name: 'all', severity: 'info', providerRef: { name: 'people' } }],
    webhooks: [
      { name: 'before', type: 'pre-rollout', url: `${url}/before` },
      { name: 'during', type: 'rollout', url: `${url}/during` },
    ],
  };
}

async function releaseAll(play: Play, version: number): Promise<void> {
  await Promise.all(NAMES.map((name) => play.release(name, { image: `shop:${version}` })));
}

/** Each is at one of the rollouts that are under way. */
async function allHaveLooked(replicas: readonly Linnet[]): Promise<boolean> {
  const looks = await Promise.all(
    replicas.map(async (replica) => {
      const metrics = await metricsOf(replica);
      return /^linnet_canary_looked_at_timestamp_seconds\{/m.test(metrics);
    }),
  );
  return looks.every(Boolean);
}

async function doubledEffects(replica: Linnet): Promise<number> {
  const counts = (await metricsOf(replica)).matchAll(
    /^linnet_doubled_effects_total\{.*\} (\d+)$/gm,
  );
  const all = [...counts].map(([, count]) => Number(count));
  expect(all).toHaveLength(2);
  return all.reduce((sum, count) => sum + count, 0);
}

async function metricsOf({ url }: Linnet): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}
