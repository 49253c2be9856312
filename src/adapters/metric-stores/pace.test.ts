import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { NOW, SINCE } from '../../../test/conformance/metric-stores/store-case.ts';
import { MetricTemplate } from '../../api/metric-template.ts';
import { variablesOf } from '../../api/query-template.ts';
import type { MetricStores } from '../../ports/metric-stores.ts';
import { createMetricStores } from './metric-stores.ts';

let fake: FakeStore;
let stores: MetricStores;

beforeEach(async () => {
  fake = await fakeStore(saying('7'));
  stores = createMetricStores({ secret: () => Promise.resolve({ token: 'first' }) });
});
afterEach(() => fake.close());

const busy = (headers: Record<string, string>) => (_asked: unknown, response: ServerResponse) => {
  response.writeHead(429, headers).end();
};

const measure = (now: number, { query = '/', since = SINCE } = {}) => {
  const template = MetricTemplate.parse({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'MetricTemplate',
    metadata: { namespace: 'shop', name: 'errors' },
    spec: { provider: { type: 'web', address: fake.url, secretRef: { name: 'keys' } }, query },
  });
  return stores.measure(template, variablesOf(aCanary(), '1m'), { since, now });
};

describe('a store is left alone', () => {
  it.each([
    ['that is asked too often', busy({}), 30_000],
    ['as long as it says', busy({ 'retry-after': '7' }), 7000],
    ['as long as Datadog says', busy({ 'x-ratelimit-reset': '12' }), 12_000],
    ['no longer than five minutes', busy({ 'retry-after': '86400' }), 300_000],
    ['that says something odd', busy({ 'retry-after': 'soon' }), 30_000],
    ['that is away', saying('', 503), 10_000],
    ['that something else answers for', saying('<html>', 200), 10_000],
  ])('%s', async (_which, answer, restMs) => {
    fake.answer = answer;
    const first = await measure(NOW);
    expect(first).toMatchObject({ kind: 'error', outage: true });
    expect(await measure(NOW + restMs - 1)).toEqual(first);
    expect(fake.asked).toHaveLength(1);
    fake.answer = saying('7');
    expect(await measure(NOW + restMs)).toEqual({ kind: 'value', value: 7 });
  });
});

describe('a store is asked again at once', () => {
  it.each([
    ['that answered', saying('7')],
    ['that had nothing', saying('null')],
    ['that refused the query', saying('', 400)],
    ['that refused the Secret, which may have changed', saying('', 403)],
  ])('%s', async (_which, answer) => {
    fake.answer = answer;
    await measure(NOW);
    await measure(NOW + 1);
    expect(fake.asked).toHaveLength(2);
  });

  it.each([
    ['another query', { query: '/other' }],
    ['another step', { since: SINCE + 60_000 }],
  ])('for %s', async (_which, other) => {
    fake.answer = saying('', 503);
    await measure(NOW);
    await measure(NOW, other);
    expect(fake.asked).toHaveLength(2);
  });
});
