import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { measureTemplate } from '../../../test/conformance/metric-stores/measuring.ts';
import { NOW, SINCE } from '../../../test/conformance/metric-stores/store-case.ts';

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying({ series: [] }));
});
afterEach(() => fake.close());

const measure = (interval = '1m') =>
  measureTemplate({
    provider: { type: 'datadog', address: fake.url, secretRef: { name: 'keys' } },
    query: 'avg:errors{service:{{ target }}}',
    secret: { datadog_api_key: 'api\n', datadog_application_key: 'app' },
    interval,
  });

/** One series of points that stand for 20 s each. */
const points = (...pointlist: [number, number | null][]) =>
  saying({ status: 'ok', series: [{ pointlist, interval: 20 }] });

it.each([
  ['1m', SINCE],
  ['10s', NOW - 100_000],
])('asks ten intervals of %s back, and no further than the step', async (interval, from) => {
  await measure(interval);
  const { query, headers } = fake.asked[0]!;
  expect([query.get('from'), query.get('to')]).toEqual([`${from / 1000}`, `${NOW / 1000}`]);
  expect(headers).toMatchObject({ 'dd-api-key': 'api', 'dd-application-key': 'app' });
});

it('passes over the point that is still being filled, and those without a value', async () => {
  fake.answer = points(
    [NOW - 60_000, 3],
    [NOW - 40_000, 4],
    [NOW - 20_000, null],
    [NOW - 10_000, 9],
  );
  expect(await measure()).toEqual({ kind: 'value', value: 4 });
});

it.each([
  ['began before the step', SINCE - 10_000],
  ['is not over', NOW - 10_000],
])('waits where the only point %s', async (_which, at) => {
  fake.answer = points([at, 5]);
  expect(await measure()).toEqual({
    kind: 'no-data',
    why: 'spec.query of MetricTemplate shop/errors has no complete point of this step yet: each stands for 20 s',
  });
});
