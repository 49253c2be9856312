import { describe, expect, it } from 'vitest';
import { type Behaviour, refusal, success, text } from '../../../test/builders/fake-prometheus.ts';
import { GOOD, kindOf, SweptStore, T0, WATCHED } from '../../../test/builders/swept-store.ts';

const store = new SweptStore();

describe('a sweep', () => {
  it('is shared by all who want it while it runs', async () => {
    const swept = store.sweeper();
    await Promise.all([
      store.sweepAt(swept, T0),
      store.sweepAt(swept, T0),
      store.sweepAt(swept, T0 + 1),
    ]);
    expect(store.reports).toHaveLength(1);
    expect(store.fake.asked).toHaveLength(7);
  });

  it('asks nothing while there is nothing to learn', async () => {
    const swept = store.sweeper();
    swept.watched = [];
    await store.sweepAt(swept, T0);
    expect(store.fake.asked).toHaveLength(0);
    swept.watched = [WATCHED];
    await store.sweepAt(swept, T0 + 1000);
    const asked = store.fake.asked.length;
    await store.sweepAt(swept, T0 + 3000);
    expect(store.fake.asked).toHaveLength(asked);
  });

  it('rests after a failure, longer each time, and then goes on', async () => {
    const swept = store.sweeper();
    store.fake.answer = text('down', 503);
    const attempts: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 50) {
      const before = store.reports.length;
      await store.sweepAt(swept, T0 + ms);
      if (store.reports.length > before) attempts.push(ms);
    }
    const pauses = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0));
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(swept.error?.message).toContain('answered 503: down');
    store.fake.answer = store.holding({});
    await store.sweepAt(swept, T0 + 60_000);
    expect(swept.error).toBeUndefined();
    expect(swept.ageMs(T0 + 60_000)).toBe(0);
  });

  it.each([
    [0, 250],
    [0.999, 749],
  ])('rests with jitter: %d', async (random, least) => {
    const swept = store.sweeper({ random: () => random });
    store.fake.answer = text('down', 503);
    await store.sweepAt(swept, T0);
    await store.sweepAt(swept, T0 + least - 1);
    expect(store.reports).toHaveLength(1);
    await store.sweepAt(swept, T0 + least + 5000);
    expect(store.reports).toHaveLength(2);
  });

  it('asks for less from a store that cannot answer for so long a time', async () => {
    const swept = store.sweeper();
    const good = store.holding({});
    store.fake.answer = (asked, response) =>
      (kindOf(asked) === 'facts' ? good : refusal(503, 'timeout', 'too slow'))(asked, response);
    for (let i = 0; i < 4; i++) await store.sweepAt(swept, T0 + 1000 + i * 60_000);
    const lengths = store.rangesAsked().map(([from, to, step]) => to - from + step);
    expect(lengths).toEqual([60, 30, 15, 10]);
  });

  it('goes on where it was after a short outage, and starts over after a long one', async () => {
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 1000);
    const covered = swept.ledger.coveredFrom(WATCHED.key);
    await store.sweepAt(swept, T0 + 41_000);
    expect(store.rangesAsked().at(-1)).toEqual([5, 40, 5]);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(covered);
    await store.sweepAt(swept, T0 + 641_000);
    expect(store.rangesAsked().at(-1)).toEqual([585, 640, 5]);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(T0 + 580_000);
  });

  it('has a deadline for all its queries together', async () => {
    const good = store.holding({});
    store.fake.answer = (asked, response) => {
      if (kindOf(asked) !== 'sums') good(asked, response);
    };
    await store.sweepAt(store.sweeper({ deadlineMs: 200 }), T0);
    expect(store.reports[0]?.error).toMatchObject({
      kind: 'timeout',
      message: `Prometheus at ${store.fake.url} did not answer the queries of a sweep within 0.2 s`,
    });
  });

  const bad: [string, Behaviour, string][] = [
    ['a part of the data', success('matrix', [], ['shard 3 is away']), 'only in part: shard 3'],
    ['the wrong type', success('vector', []), 'answered a range query with a vector'],
    ['a page', text('<html>', 200, 'text/html'), 'not Prometheus’ JSON'],
  ];
  it.each(bad)('counts nothing when one query gets %s', async (_name, answer, sentence) => {
    const good = store.holding({ requests: [[GOOD, [[T0, 7]]]] });
    store.fake.answer = (asked, response) =>
      (kindOf(asked) === 'sums' ? answer : good)(asked, response);
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 1000);
    expect(store.reports[0]?.error?.message).toContain(sentence);
    expect(swept.ledger.newest).toBeUndefined();
  });

  it('forgets what nobody looks at any more, and what nobody watches', async () => {
    const swept = store.sweeper();
    store.fake.answer = store.holding({ requests: [[GOOD, [[T0, 7]]]] });
    await store.sweepAt(swept, T0 + 1000);
    const all = { after: 0, until: Infinity };
    const good = () => swept.ledger.tally(WATCHED, WATCHED.canary, all).good;
    expect(good()).toBe(7);
    store.fake.answer = store.holding({});
    for (let minute = 1; minute <= 5; minute++)
      await store.sweepAt(swept, T0 + minute * 50_000 + 1000);
    expect(good()).toBe(7);
    await store.sweepAt(swept, T0 + 301_000 + 5000);
    expect(good()).toBe(0);
    expect(swept.ledger.isSeen(WATCHED, WATCHED.canary)).toBe(false);
  });
});
