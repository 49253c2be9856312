import { expect, it, vi } from 'vitest';
import type { SweptTelemetry } from '../../src/adapters/prometheus/telemetry.ts';
import type { Canary } from '../../src/api/canary.ts';
import type { CountedSpan } from '../../src/ports/telemetry.ts';
import { answeredBy } from '../builders/mesh-metrics.ts';
import { BUCKETS, canaryOf, DURATIONS, REQUESTS, ScrapedMesh } from '../builders/scraped-mesh.ts';

const store = new ScrapedMesh();

/** So many answers more, failures among them, each pair with durations at two bounds. */
function answer(workload: string, good: number, bad: number): void {
  const pod = answeredBy(workload);
  store.mesh.set(REQUESTS, pod, good);
  store.mesh.set(REQUESTS, answeredBy(workload, { response_code: '503' }), bad);
  for (const [le, share] of [
    ['50', 0.5],
    ['100', 0.75],
    ['+Inf', 1],
  ] as const) {
    store.mesh.set(BUCKETS, { ...pod, le }, good * share);
  }
  store.mesh.set(DURATIONS, pod, good);
}

async function gridOf(swept: SweptTelemetry, canary: Canary) {
  return vi.waitFor(async () => {
    await swept.sweep(Date.now());
    const grid = swept.grid(canary);
    if (grid === undefined) throw new Error('not swept yet');
    return grid;
  }, 10_000);
}

/** What it says of the blocks from there on, once as many have ended as are wanted. */
async function spanOf(
  swept: SweptTelemetry,
  canary: Canary,
  from: number,
  edges: number,
): Promise<CountedSpan> {
  return vi.waitFor(
    async () => {
      const wanted = { from, until: from + edges * 1000, edgeMs: 1000 };
      const span = await swept.counted(canary, wanted);
      if ((span?.edges.length ?? 0) < edges) throw new Error('not as many blocks yet');
      return { from: span!.from, edges: span!.edges.slice(0, edges) };
    },
    { timeout: 30_000, interval: 200 },
  );
}

function totalOf({ edges }: CountedSpan, version: 'canary' | 'primary') {
  const all = edges.flatMap((edge) => edge[version] ?? []);
  const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
  return {
    requests: sum(all.map(({ requests }) => requests)),
    bad: sum(all.map(({ bad }) => bad)),
    below: [50, 100].map((le) =>
      sum(all.flatMap((one) => one.durations?.within.find(([bound]) => bound === le)?.[1] ?? [])),
    ),
  };
}

it('blocks of a rollout are the same, live and read again by a process that has just started', async () => {
  const canary = canaryOf('followed');
  answer('followed-primary', 100, 0);
  const live = await store.watching(canary);
  const { edgeMs, clockMs } = await gridOf(live, canary);
  expect([edgeMs, clockMs]).toEqual([1000, 0]);
  const from = await vi.waitFor(async () => {
    // Of a busy store samples come late: it is asked for later blocks each time.
    const begin = Math.floor(Date.now() / 1000) * 1000 - 2000;
    const { edges } = await spanOf(live, canary, begin, 2);
    const known = edges.find(({ primary }) => primary !== undefined);
    if (known === undefined) throw new Error('the primary was not sampled yet');
    return known.to;
  }, 20_000);
  answer('followed', 10, 4);
  answer('followed-primary', 180, 20);
  await spanOf(live, canary, from, 4);
  // A pod that starts over in between.
  answer('followed', 6, 2);
  const seen = await spanOf(live, canary, from, 9);
  expect(totalOf(seen, 'canary')).toEqual({ requests: 22, bad: 6, below: [8, 12] });
  expect(totalOf(seen, 'primary')).toEqual({ requests: 100, bad: 20, below: [40, 60] });

  const restarted = store.telemetry();
  restarted.setActive([canary]);
  await gridOf(restarted, canary);
  expect(await spanOf(restarted, canary, from, 9)).toEqual(seen);
});

it('a workload is as old as its samples tell, and its scrapes as far apart', async () => {
  const canary = canaryOf('paced');
  answer('paced', 1, 0);
  const swept = await store.watching(canary);
  await vi.waitFor(
    async () => {
      await swept.sweep(Date.now());
      // Every fifth of a second, which is more often than anybody's interval.
      expect(swept.grid(canary)).toMatchObject({ scrapeMs: 1000 });
    },
    { timeout: 30_000, interval: 500 },
  );
});

it('nothing is known of what no sweep has reached, and it is not waited for', async () => {
  const nowhere = store.telemetry({ server: { url: 'http://127.0.0.1:9' } });
  const canary = canaryOf('nowhere');
  expect(nowhere.grid(canary)).toBeUndefined();
  expect(await nowhere.counted(canary, { from: 0, until: 1000, edgeMs: 1000 })).toBeUndefined();
});
