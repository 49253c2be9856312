import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { measureTemplate } from '../../../test/conformance/metric-stores/measuring.ts';

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying({ results: [{ count: 3 }] }));
});
afterEach(() => fake.close());

const measure = (interval = '1m30s') =>
  measureTemplate({
    provider: { type: 'newrelic', address: fake.url, secretRef: { name: 'keys' } },
    query: `SELECT count(*) FROM Transaction\nWHERE appName = '{{ target }}'\n`,
    secret: { newrelic_account_id: '12/../34', newrelic_query_key: 'key' },
    interval,
  });

it('asks for the metric’s interval, of the account that the Secret names', async () => {
  await measure();
  expect(fake.asked[0]?.path).toBe('/v1/accounts/12%2F..%2F34/query');
  expect(fake.asked[0]?.query.get('nrql')).toBe(
    `SELECT count(*) FROM Transaction\nWHERE appName = 'checkout' SINCE 90 seconds ago`,
  );
});

it.each([
  ['of a formula', { results: [{ result: 2.5 }] }, 2.5],
  ['of a count', { results: [{ count: 3 }] }, 3],
  ['of one percentile', { results: [{ percentiles: { '99': 0.4 } }] }, 0.4],
  ['of the one facet', { facets: [{ name: 'a', results: [{ count: 8 }] }], totalResult: {} }, 8],
])('reads the value %s', async (_what, answer, value) => {
  fake.answer = saying(answer);
  expect(await measure()).toEqual({ kind: 'value', value });
});

it.each([
  ['two percentiles', { results: [{ percentiles: { '95': 0.2, '99': 0.4 } }] }],
  ['two facets', { facets: [1, 2].map((n) => ({ name: n, results: [{ count: n }] })) }],
])('does not choose among %s', async (_what, answer) => {
  fake.answer = saying(answer);
  expect(await measure()).toMatchObject({
    kind: 'error',
    why: expect.stringMatching(/gives 2 series, allowed is one$/),
  });
});
