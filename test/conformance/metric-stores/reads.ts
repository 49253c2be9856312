import { describe, expect, it } from 'vitest';
import { QUERY, StoreBench, whyOf } from './bench.ts';
import type { StoreCase } from './store-case.ts';

/** What a store answers is the one number, or a sentence that says why it is none. */
export function itReads(store: StoreCase): void {
  const bench = new StoreBench(store);

  describe('measures', () => {
    it.each([
      ['one value', [0.25], 0.25],
      ['zero', [0], 0],
      ['the newest of several', [3, 2, 7], 7],
    ])('%s', async (_what, points, value) => {
      expect(await bench.answering(store.series(points))).toEqual({ kind: 'value', value });
      expect(bench.queries()).toHaveLength(1);
    });

    it('what the query names, filled in', async () => {
      await bench.answering(store.series([1]));
      expect(bench.lastQuery).toContain('checkout');
      expect(bench.lastQuery).not.toContain('{{');
    });

    it('with credentials that were changed meanwhile', async () => {
      await bench.answering(store.series([1]));
      bench.secret = store.rotated(bench.fake.url);
      await bench.answering(store.series([1]));
      const [before, after] = bench.queries().map(store.identityIn);
      expect(JSON.stringify(before)).not.toBe(JSON.stringify(after));
    });

    it('with the headers of the template', async () => {
      const headers = { 'X-Scope': ['shop'], 'X-Many': ['a', 'b'] };
      await bench.answering(store.series([1]), { provider: { headers } });
      expect(bench.queries()[0]?.headers).toMatchObject({ 'x-scope': 'shop', 'x-many': 'a, b' });
    });

    it('below a path of the address', async () => {
      await bench.answering(store.series([1]), {
        provider: { address: `${bench.fake.url}/prefix/` },
      });
      expect(bench.fake.asked.at(-1)?.path).toMatch(/^\/prefix\//);
    });
  });

  describe('has no data, and says why', () => {
    it('without any series', async () => {
      expect(await bench.answering(store.series())).toEqual({
        kind: 'no-data',
        why: expect.stringMatching(`^${QUERY} has no result$`),
      });
    });

    it('of a series without a value', async () => {
      const sentence = await bench.answering(store.series([null]));
      expect(sentence).toMatchObject({
        kind: 'no-data',
        why: expect.stringMatching(`^${QUERY} has no `),
      });
    });

    it.runIf(store.says.nan !== undefined)('of NaN', async () => {
      expect(await bench.answering(store.series([store.says.nan]))).toEqual({
        kind: 'no-data',
        why: `${QUERY} gives NaN: there was nothing to measure`,
      });
    });
  });

  describe('is asked for what is no number', () => {
    it('several series', async () => {
      expect(await bench.answering(store.series([1], [2], [3]))).toEqual({
        kind: 'error',
        why: `${QUERY} gives 3 series, allowed is one`,
        outage: false,
      });
    });

    it.runIf(store.says.infinity !== undefined)('infinity', async () => {
      expect(await bench.answering(store.series([store.says.infinity]))).toEqual({
        kind: 'error',
        why: `${QUERY} gives +Inf, allowed is a finite number`,
        outage: false,
      });
    });

    it.each(Object.entries(store.says.wrong))('%s', async (type, value) => {
      expect(await bench.answering(store.series([value]))).toEqual({
        kind: 'error',
        why: `${QUERY} gives ${type}, allowed is one number`,
        outage: false,
      });
    });
  });

  describe('takes variables of a Canary', () => {
    const query = () => store.query.replace('{{ target }}', '{{ variables.app }}');

    it('as words', async () => {
      await bench.answering(store.series([1]), {
        query: query(),
        variables: { app: 'shop-front.v2' },
      });
      expect(bench.lastQuery).toContain('shop-front.v2');
    });

    const HOSTILE = [`' OR true`, `") |> drop()`, '\\', 'a\nb', '${x}', '`x`'];

    it.runIf(store.takesAnyText).each(HOSTILE)('and %j as it is, in its place', async (app) => {
      await bench.answering(store.series([1]), { query: query(), variables: { app } });
      expect(bench.lastQuery).toBe(app);
    });

    it.skipIf(store.takesAnyText).each(HOSTILE)(
      'and not %j, which leaves its place',
      async (app) => {
        const measured = await bench.measure({ query: query(), variables: { app } });
        expect(whyOf(measured)).toMatch(/^spec\.query of .*: variables\.app: found /);
        expect(bench.fake.asked).toEqual([]);
      },
    );
  });
}
