import { describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { GOOD, SweptStore, T0, WATCHED } from '../../../test/builders/swept-store.ts';
import { watchedOf } from './watched.ts';

const store = new SweptStore();

describe('the blocks', () => {
  it('have fixed edges, whenever somebody looks, and are each read once', async () => {
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 3456);
    await store.sweepAt(swept, T0 + 5500);
    await store.sweepAt(swept, T0 + 13_700);
    await store.sweepAt(swept, T0 + 16_999);
    // Without a known scrape time, an edge is read one second after it.
    expect(store.rangesAsked()).toEqual([
      [-55, 0, 5],
      [5, 10, 5],
      [15, 15, 5],
    ]);
  });

  it.each([
    [{ samples: '10' }, 1],
    [{ samples: '5' }, 2],
    [{ samples: '2' }, 5],
    [{ samples: 'NaN' }, 5],
    [{}, 5],
  ])('follow the scrapes that were seen: %j', async (facts, step) => {
    store.fake.answer = store.holding({ facts });
    await store.sweepAt(store.sweeper(), T0 + 5000);
    expect(store.rangesAsked()[0]?.[2]).toBe(step);
  });

  it('are read only when slow scrapes have ended, too', async () => {
    store.fake.answer = store.holding({ facts: { scrape: '3' } });
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 4000);
    expect(store.rangesAsked()).toEqual([[-60, -5, 5]]);
    await store.sweepAt(swept, T0 + 4800);
    expect(store.rangesAsked().at(-1)).toEqual([0, 0, 5]);
  });

  it('are those of the store’s clock', async () => {
    store.fake.answer = store.holding({ offset: 300_000 });
    await store.sweepAt(store.sweeper(), T0);
    const [from, to] = store.rangesAsked()[0] ?? [];
    expect(to).toBeGreaterThanOrEqual(290);
    expect(to).toBeLessThanOrEqual(300);
    expect(Number(to) - Number(from)).toBe(55);
  });

  it('start over when a clock was wrong, and is put right', async () => {
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 600_000);
    await store.sweepAt(swept, T0 + 1000);
    expect(store.rangesAsked().at(-1)).toEqual([-55, 0, 5]);
  });

  it('reach back as far as a metric looks, but not for ever', async () => {
    const swept = store.sweeper();
    const long = aCanary({
      analysis: { metrics: [{ name: 'request-duration', interval: '2h' }] },
    });
    swept.watched = [watchedOf(long)];
    await store.sweepAt(swept, T0 + 1000);
    expect(store.rangesAsked()).toEqual([[-3595, 0, 5]]);
  });

  it('of a whole fleet are read from less far back', async () => {
    const swept = store.sweeper();
    swept.watched = Array.from({ length: 300 }, () => WATCHED);
    await store.sweepAt(swept, T0 + 1000);
    expect(store.rangesAsked()).toEqual([[-15, 0, 5]]);
  });

  it('before which the store had nothing are void: nobody can tell what is new', async () => {
    const values: [number, number][] = [
      [T0 - 5000, 1_000_000],
      [T0, 7],
    ];
    store.fake.answer = store.holding({ requests: [[GOOD, values]], gaps: [T0 - 5000] });
    const swept = store.sweeper();
    await store.sweepAt(swept, T0 + 1000);
    const period = { after: 0, until: T0 };
    expect(swept.ledger.tally(WATCHED, WATCHED.canary, period).good).toBe(7);
    expect(swept.ledger.coveredFrom(WATCHED.key)).toBe(T0 - 5000);
  });
});
