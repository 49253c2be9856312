import { describe, expect, it, vi } from 'vitest';
import { GOOD, type Held, SweptStore, T0, WATCHED } from '../../../test/builders/swept-store.ts';
import { CountedEdges, counterGrid } from './counted.ts';
import { scrapeMsOf } from './facts.ts';
import type { Sweeper } from './sweep.ts';

const store = new SweptStore();

const PRIMARY = { ...GOOD, destination_workload: 'checkout-primary' };
const FAILED = { ...GOOD, response_code: '503' };

/** By how much counters grew, in five blocks of five seconds from a minute after T0. */
const FROM = T0 + 60_000;
const ends = (...growth: (number | undefined)[]) =>
  growth.flatMap((value, i): [number, number][] =>
    value === undefined ? [] : [[FROM + 5000 * (i + 1), value]],
  );

const HELD: Held = {
  requests: [
    [GOOD, ends(undefined, 4, 0, 6, 0)],
    [FAILED, ends(undefined, undefined, 1, 0)],
    [PRIMARY, ends(50, 60, undefined, 55, 40)],
  ],
};

async function sweptUntil(sweeper: Sweeper, seconds: number): Promise<void> {
  await store.sweepAt(sweeper, FROM + seconds * 1000 + 1000);
}

const wanted = (until: number, edgeMs = 5000) => ({ from: FROM, until: FROM + until, edgeMs });

/** What is sampled, if only to say that nobody called, and what is not. */
const EDGES = [
  { to: FROM + 5000, canary: undefined, primary: { requests: 50, bad: 0 } },
  { to: FROM + 10_000, canary: { requests: 4, bad: 0 }, primary: { requests: 60, bad: 0 } },
  { to: FROM + 15_000, canary: { requests: 1, bad: 1 }, primary: undefined },
  { to: FROM + 20_000, canary: { requests: 6, bad: 0 }, primary: { requests: 55, bad: 0 } },
  { to: FROM + 25_000, canary: { requests: 0, bad: 0 }, primary: { requests: 40, bad: 0 } },
];

describe('counters, edge by edge', () => {
  it('are those of the sweeps, and cost no further query', async () => {
    const sweeper = store.sweeper();
    await sweptUntil(sweeper, 0);
    store.fake.answer = store.holding(HELD);
    await sweptUntil(sweeper, 25);
    const asked = store.fake.asked.length;
    const counted = new CountedEdges();
    const by = { sweeper, watched: WATCHED };
    const span = await counted.since(by, wanted(25_000), FROM + 26_000);
    expect(span).toEqual({ from: FROM, edges: EDGES });
    expect(store.fake.asked.length).toBe(asked);
  });

  it('come from the store, once, where nobody has swept them', async () => {
    store.fake.answer = store.holding(HELD);
    const sweeper = store.sweeper();
    sweeper.watched = [];
    await sweptUntil(sweeper, 25);
    sweeper.watched = [{ ...WATCHED, key: 'shop/other' }];
    await sweptUntil(sweeper, 25);
    const asked = store.fake.asked.length;
    const by = { sweeper, watched: WATCHED };
    const span = await new CountedEdges().since(by, wanted(25_000), FROM + 26_000);
    expect(span).toEqual({ from: FROM, edges: EDGES });
    expect(store.fake.asked.length).toBe(asked + 5);
  });

  it('come from the store where its scrapes have got faster meanwhile: shorter blocks count otherwise', async () => {
    store.fake.answer = store.holding({ facts: { samples: '10' } });
    const sweeper = store.sweeper();
    await sweptUntil(sweeper, 0);
    await sweptUntil(sweeper, 25);
    expect(sweeper.ledger.blockMs).toBe(1000);
    store.fake.answer = store.holding(HELD);
    const by = { sweeper, watched: WATCHED };
    const span = await new CountedEdges().since(by, wanted(25_000), FROM + 26_000);
    expect(span).toEqual({ from: FROM, edges: EDGES });
    expect(store.rangesAsked().at(-1)?.[2]).toBe(5);
  });

  it('are not known while they have not ended, nor while the store does not answer', async () => {
    const sweeper = store.sweeper();
    await sweptUntil(sweeper, 0);
    const counted = new CountedEdges();
    const by = { sweeper, watched: WATCHED };
    expect(await counted.since(by, wanted(5000), FROM + 2000)).toBeUndefined();
    store.fake.answer = (_asked, response) => response.writeHead(503).end('gone');
    expect(await counted.since(by, wanted(5000), FROM + 7000)).toBeUndefined();
    const early = { from: FROM - 3_600_000, until: FROM - 3_595_000, edgeMs: 5000 };
    expect(await counted.since(by, early, FROM + 8000)).toBeUndefined();
    const asked = store.fake.asked.length;
    // What failed is left alone for a while.
    expect(await counted.since(by, early, FROM + 9000)).toBeUndefined();
    expect(store.fake.asked.length).toBe(asked);
  });

  it('do not keep a look waiting for a store that hangs', async () => {
    const sweeper = store.sweeper({ deadlineMs: 4000 });
    await sweptUntil(sweeper, 0);
    store.fake.answer = () => {};
    const span = new CountedEdges().since({ sweeper, watched: WATCHED }, wanted(5000), FROM + 7000);
    await expect(span).resolves.toBeUndefined();
    // The sweep itself still waits.
    expect(store.reports).toHaveLength(1);
    await vi.waitFor(() => expect(store.reports).toHaveLength(2), 10_000);
  });

  it('are believed of the version’s own proxy, or of the waypoint where that is silent', async () => {
    const sweeper = store.sweeper();
    await sweptUntil(sweeper, 0);
    const waypoint = { reporter: 'waypoint' };
    store.fake.answer = store.holding({
      requests: [
        [GOOD, ends(4, undefined)],
        [{ ...GOOD, ...waypoint }, ends(3, 3)],
        [{ ...PRIMARY, ...waypoint }, ends(30, 30)],
      ],
      own: [[GOOD, ends(1, 1)]],
    });
    await sweptUntil(sweeper, 10);
    const by = { sweeper, watched: WATCHED };
    const span = await new CountedEdges().since(by, wanted(10_000), FROM + 11_000);
    expect(span?.edges).toMatchObject([
      { canary: { requests: 4 }, primary: { requests: 30 } },
      { canary: undefined, primary: { requests: 30 } },
    ]);
  });

  it('have the durations of each block alone, whatever the sums hide in another', async () => {
    const bucket = (le: string, values: [number, number][]): [object, typeof values] => [
      { ...GOOD, le },
      values,
    ];
    const held = {
      ...HELD,
      sums: [
        bucket('5', [...ends(0, 0, 0)]),
        bucket('100', [...ends(8, 12, 3)]),
        bucket('+Inf', [...ends(10, 20, 5)]),
      ],
      counts: [[GOOD, ends(10, 10, 5)]],
      exact: [
        bucket('5', ends(0, 0, 0)),
        bucket('100', ends(8, 4, 3)),
        bucket('+Inf', ends(10, 10, 5)),
      ],
    } as Held;
    const read = async (looks: readonly number[]) => {
      store.fake.answer = store.holding({});
      const sweeper = store.sweeper();
      await sweptUntil(sweeper, 0);
      store.fake.answer = store.holding(held);
      for (const seconds of looks) await sweptUntil(sweeper, seconds);
      const by = { sweeper, watched: WATCHED };
      const span = await new CountedEdges().since(by, wanted(15_000), FROM + 16_000);
      return span?.edges.map(({ canary }) => canary?.durations);
    };
    const durations = [
      undefined,
      {
        requests: 10,
        within: [
          [5, 0],
          [100, 4],
        ],
      },
      {
        requests: 5,
        within: [
          [5, 0],
          [100, 3],
        ],
      },
    ];
    expect(await read([15])).toEqual(durations);
    expect(await read([10, 15])).toEqual(durations);
  });
});

describe('the grid of a canary', () => {
  it('is not known before its first sweep', () => {
    expect(counterGrid({ sweeper: store.sweeper(), watched: WATCHED })).toBeUndefined();
  });

  it('has edges where the sweep has blocks, and slow scrapes where none were seen', async () => {
    const sweeper = store.sweeper();
    await sweptUntil(sweeper, 0);
    expect(counterGrid({ sweeper, watched: WATCHED })).toEqual({
      edgeMs: 5000,
      scrapeMs: 15_000,
      clockMs: 0,
      lagMs: 1000,
    });
  });

  const intervals: [samples: number, seconds: number][] = [
    [300, 1],
    [60, 1],
    [30, 2],
    [12, 5],
    [11, 5],
    [13, 5],
    [6, 10],
    [5, 15],
    [4, 15],
    [2, 30],
    [1, 60],
  ];
  it.each(intervals)('takes %d samples a minute for one every %d s', (samples, seconds) => {
    expect(scrapeMsOf(samples)).toBe(seconds * 1000);
  });
});
