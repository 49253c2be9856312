import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeStore, fakeStore, saying } from '../../../test/builders/fake-store.ts';
import { measureTemplate } from '../../../test/conformance/metric-stores/measuring.ts';
import { NOW, SINCE } from '../../../test/conformance/metric-stores/store-case.ts';

let fake: FakeStore;
beforeEach(async () => {
  fake = await fakeStore(saying([]));
});
afterEach(() => fake.close());

describe('Graphite', () => {
  const measure = (query: string) =>
    measureTemplate({ provider: { type: 'graphite', address: fake.url }, query });

  it.each([
    ['a query that says none', 'target=a.{{ target }}', `${SINCE / 1000}`],
    ['a query of its own', 'target=a.{{ target }}&from=-{{ interval }}', '-60s'],
  ])('looks back as far as %s', async (_which, query, from) => {
    await measure(query);
    expect(Object.fromEntries(fake.asked[0]!.query)).toEqual({
      target: 'a.checkout',
      format: 'json',
      from,
    });
    expect(fake.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('passes over the points that are not there yet', async () => {
    fake.answer = saying([
      {
        target: 'a',
        datapoints: [
          [1, 1],
          [2.5, 2],
          [null, 3],
        ],
      },
    ]);
    expect(await measure('target=a')).toEqual({ kind: 'value', value: 2.5 });
  });
});

describe('Dynatrace', () => {
  it('asks for one value over the step', async () => {
    fake.answer = saying({ result: [] });
    await measureTemplate({
      provider: { type: 'dynatrace', address: `${fake.url}/e/abc`, secretRef: { name: 'keys' } },
      query: ' builtin:service.response.time\n',
      secret: { dynatrace_token: 'dt0c01.x\n' },
    });
    const { path, query, headers } = fake.asked[0]!;
    expect(path).toBe('/e/abc/api/v2/metrics/query');
    expect(Object.fromEntries(query)).toEqual({
      metricSelector: 'builtin:service.response.time',
      resolution: 'Inf',
      from: `${SINCE}`,
      to: `${NOW}`,
    });
    expect(headers.authorization).toBe('Api-Token dt0c01.x');
  });
});

describe('InfluxDB', () => {
  it('lets anybody in who needs no token', async () => {
    fake.answer = saying(',result,table,_value\r\n,_result,0,7\r\n');
    const provider = { type: 'influxdb', address: fake.url };
    expect(await measureTemplate({ provider, query: 'from(bucket: "b")' })).toEqual({
      kind: 'value',
      value: 7,
    });
    expect(fake.asked[0]?.headers.authorization).toBeUndefined();
    expect(JSON.parse(fake.asked[0]!.body)).toMatchObject({
      query: 'from(bucket: "b")',
      type: 'flux',
    });
  });

  it('says that records have no value', async () => {
    fake.answer = saying(',result,table,host\r\n,_result,0,a\r\n');
    const provider = { type: 'influxdb', address: fake.url };
    expect(await measureTemplate({ provider, query: 'from(bucket: "b")' })).toEqual({
      kind: 'no-data',
      why: 'spec.query of MetricTemplate shop/errors gives no column _value',
    });
  });
});

it.each(['graphite', 'influxdb', 'dynatrace'])('%s needs an address', async (type) => {
  const secret = { dynatrace_token: 'x', username: 'a', password: 'b', token: 't', org: 'o' };
  const provider = { type, secretRef: { name: 'keys' } };
  expect(await measureTemplate({ provider, query: 'target=a', secret })).toEqual({
    kind: 'error',
    why: `spec.provider.address of MetricTemplate shop/errors: found nothing, needed is the address of ${type}`,
    outage: false,
  });
});

it.each(['splunk', 'keptn', 'externalmetrics'])('%s is not queried', async (type) => {
  const provider = { type, address: 'http://metrics.example' };
  expect(await measureTemplate({ provider, query: 'data()' })).toEqual({
    kind: 'error',
    why: `spec.provider.type of MetricTemplate shop/errors: found ${type}, allowed is prometheus, datadog, cloudwatch, newrelic, dynatrace, influxdb, graphite, stackdriver, web`,
    outage: false,
  });
});
