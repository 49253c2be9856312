import { afterEach, describe, expect, it } from 'vitest';
import { aCanary, metricOf } from '../../../test/builders/canary.ts';
import { success } from '../../../test/builders/fake-prometheus.ts';
import { PlayedPrometheus } from '../../../test/builders/played-prometheus.ts';
import { GOOD, SweptStore, T0 } from '../../../test/builders/swept-store.ts';
import { MetricTemplate } from '../../api/metric-template.ts';
import { openPast, type Past, resolvedQuery } from './past.ts';

const played = new PlayedPrometheus();
const AT = Date.parse('2026-11-21T09:00:30Z');

let past: Past;
function opened(): Past {
  past = openPast({ url: played.fake.url });
  return past;
}
afterEach(() => past?.close());

const matrix = (...series: [number, string][][]) =>
  success(
    'matrix',
    series.map((values) => ({ metric: {}, values: values.map(([at, v]) => [at / 1000, v]) })),
  );

describe('a value of the past', () => {
  it('is asked for as of that moment', async () => {
    played.fake.answer = matrix([[AT, '3.5']]);
    expect(await opened().valueAt('up', AT, 'it')).toEqual({ kind: 'value', value: 3.5 });
    const form = played.fake.asked.at(-1)!.form;
    expect([form.get('start'), form.get('end')].map(Number)).toEqual([AT / 1000, AT / 1000]);
  });

  it.each([
    ['nothing', matrix(), { kind: 'no-data', why: 'it has no result' }],
    [
      'two series',
      matrix([[AT, '1']], [[AT, '2']]),
      { kind: 'error', why: 'it gives 2 series, allowed is one', outage: false },
    ],
  ])('may be %s', async (_, answer, measured) => {
    played.fake.answer = answer;
    expect(await opened().valueAt('up', AT, 'it')).toEqual(measured);
  });

  it('is one of several, equally far apart, where more are wanted', async () => {
    played.fake.answer = matrix(
      [
        [AT, '1'],
        [AT + 60_000, '2'],
      ],
      [[AT + 60_000, '3']],
    );
    const moments = { from: AT, to: AT + 120_000, step: 60_000 };
    expect([...(await opened().valuesAt('up', moments, 'it'))]).toEqual([
      [AT, { kind: 'value', value: 1 }],
      [AT + 60_000, { kind: 'error', why: 'it gives 2 series, allowed is one', outage: false }],
    ]);
    const { form } = played.fake.asked.at(-1)!;
    expect([form.get('end'), form.get('step')].map(Number)).toEqual([AT / 1000 + 120, 60]);
  });

  it('rejects with a sentence when the store is away', async () => {
    played.fake.answer = (_asked, response) => response.writeHead(503).end('gone');
    await expect(opened().valueAt('up', AT, 'it')).rejects.toThrow(/Prometheus at .* 503/);
  });
});

it.each([
  [
    'from the beginning',
    matrix([
      [AT, '1'],
      [AT + 1000, '1'],
    ]),
    AT,
  ],
  ['from later on', matrix([[AT + 9000, '1']]), AT + 9000],
  ['nothing', matrix(), undefined],
])('a store has samples: %s', async (_, answer, kept) => {
  played.fake.answer = answer;
  expect(await opened().keptFrom(AT, AT + 10_000)).toBe(kept);
});

it.each([
  ['5 s, whatever one window missed', ['12', '12', '11', '12'], 5000],
  ['15 s, though some windows hold a sample at either end', ['4', '5', '4'], 15_000],
  ['nothing', [], undefined],
])('a workload was sampled every %s', async (_, counts, every) => {
  played.fake.answer = matrix(counts.map((text, i) => [AT + 60_000 * i, text]));
  expect(await opened().sampledEvery(aCanary(), { from: AT, to: AT + 86_400_000 })).toBe(every);
  const { form } = played.fake.asked.at(-1)!;
  expect(form.get('query')).toContain('destination_workload=~"checkout|checkout-primary"');
  expect(Number(form.get('step'))).toBe(288);
});

describe('counters of the past', () => {
  const store = new SweptStore();
  const from = T0 + 60_000;
  const asked = { from, to: from + 15_000, edgeMs: 5000 };
  const at = (...growth: number[]) =>
    growth.map((value, i): [number, number] => [from + 5000 * (i + 1), value]);
  const FAILED = { ...GOOD, response_code: '503' };

  it('are those of the sweeps, without any sweep before', async () => {
    store.fake.answer = store.holding({
      requests: [
        [GOOD, at(4, 0, 6)],
        [FAILED, at(0, 1, 1)],
      ],
    });
    past = openPast({ url: store.fake.url });
    const counted = await past.counted(aCanary(), asked);
    expect(counted.span).toEqual({
      from,
      edges: [
        { to: from + 5000, canary: { requests: 4, bad: 0 }, primary: undefined },
        { to: from + 10_000, canary: { requests: 1, bad: 1 }, primary: undefined },
        { to: from + 15_000, canary: { requests: 7, bad: 1 }, primary: undefined },
      ],
    });
    const period = { after: from + 5000, until: from + 15_000 };
    expect(counted.measure('request-success-rate', period)).toMatchObject({
      kind: 'value',
      value: 75,
      counts: { canary: { requests: 8, bad: 2 } },
    });
    expect(store.fake.asked.every(({ form }) => form.has('start'))).toBe(true);
  });

  it.each([
    ['request-4xx-rate', 25, { requests: 8, bad: 2 }],
    ['request-cancelled-rate', 20, { requests: 10, bad: 2 }],
  ] as const)('tell %s apart from errors', async (name, value, counts) => {
    const ending = (changes: object) => ({ ...GOOD, ...changes });
    store.fake.answer = store.holding({
      requests: [
        [GOOD, at(5)],
        [ending({ response_code: '404' }), at(1)],
        [ending({ request_protocol: 'grpc', grpc_response_status: '5' }), at(1)],
        [ending({ response_code: '0', response_flags: 'DC' }), at(1)],
        [ending({ request_protocol: 'grpc', grpc_response_status: '1' }), at(1)],
        [FAILED, at(1)],
      ],
    });
    past = openPast({ url: store.fake.url });
    const counted = await past.counted(aCanary(), asked);
    const period = { after: from, until: from + 15_000 };
    const primary = { requests: 0, bad: 0 };
    expect(counted.measure(name, period)).toEqual({
      kind: 'value',
      value,
      counts: { canary: counts, primary },
      primary: { kind: 'no-data', why: 'no requests reached checkout-primary in the last 15s' },
    });
  });

  it('are a sentence where the store does not answer', async () => {
    store.fake.answer = (_asked, response) => response.writeHead(502).end('bad gateway');
    past = openPast({ url: store.fake.url });
    await expect(past.counted(aCanary(), asked)).rejects.toThrow(/^Prometheus at .*502/);
  });
});

describe('the query of a metric', () => {
  const metrics = [
    { name: 'request-success-rate', thresholdRange: { min: 99 } },
    { name: 'request-duration', thresholdRange: { max: 500 } },
    {
      name: 'own',
      query: 'rate(x{app="{{ target }}"}[{{ interval }}])',
      threshold: 1,
      compareToPrimary: { maxRatio: 2 },
    },
    {
      name: 'elsewhere',
      templateRef: { name: 'dog' },
      templateVariables: { tag: 'it"s' },
      threshold: 1,
    },
  ];
  const canary = aCanary({ analysis: { metrics } });
  const window = { since: AT - 600_000, until: AT };
  const query = (name: string, template?: MetricTemplate, span = window) =>
    resolvedQuery(canary, metricOf(canary, name), template, span);

  it('is what the sweep cuts, over the whole window at once', () => {
    const rate = query('request-success-rate').query;
    expect(rate).toMatch(/^sum by \(reporter,.*response_code.*\) \(/);
    expect(rate).toContain('destination_workload=~"checkout|checkout-primary"');
    expect(rate).toContain('}[60s])');
    expect(query('request-duration').query).toMatch(
      /^histogram_quantile\(0\.99, sum by \(.*le\) \(/,
    );
  });

  it('of a service over TCP asks for its connections', () => {
    const spec = { service: { port: 5432, appProtocol: 'tcp' } };
    const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
    const broker = aCanary({ spec, analysis: { metrics } });
    const { query: asked } = resolvedQuery(
      broker,
      broker.spec.analysis.metrics[0]!,
      undefined,
      window,
    );
    expect(asked).toMatch(/^label_replace\(sum by \(.*istio_tcp_connections_opened_total\{/);
    expect(asked).not.toContain('istio_requests_total');
  });

  it('of a built-in metric that no sweep carries can be pasted as well', () => {
    const metrics = [{ name: 'response-size' }, { name: 'cpu-throttling', interval: '2m' }];
    const named = aCanary({ analysis: { metrics } });
    const of = (name: string, span = window) =>
      resolvedQuery(named, metricOf(named, name), undefined, span);
    expect(of('response-size').query).toMatch(
      /istio_response_bytes_bucket\{.*"checkout\|checkout-primary"/,
    );
    const young = { since: AT - 20_000, until: AT };
    expect(of('response-size', young).query).toContain('}[20s])');
    // How the pods are does not begin with the step.
    const throttling = of('cpu-throttling', young);
    expect(throttling.query).toMatch(/^100 \* max\(.*pod=~"\(checkout\)-.*\}\[2m\]/);
    expect(throttling).not.toHaveProperty('primary');
    const unmeshed = { ...named, spec: { ...named.spec, provider: 'kubernetes' as const } };
    expect(() =>
      resolvedQuery(unmeshed, metricOf(named, 'response-size'), undefined, window),
    ).toThrow(/^found with provider kubernetes, allowed is a mesh/);
  });

  it('looks no further back than the step has lasted', () => {
    const young = { since: AT - 20_000, until: AT };
    expect(query('request-success-rate', undefined, young).query).toContain('}[20s])');
    expect(query('own', undefined, young).query).toBe('rate(x{app="checkout"}[20s])');
  });

  it('has the primary’s beside it where that is compared', () => {
    expect(query('own')).toEqual({
      query: 'rate(x{app="checkout"}[1m])',
      primary: 'rate(x{app="checkout-primary"}[1m])',
    });
    expect(query('request-duration')).not.toHaveProperty('primary');
  });

  it('is shown as it stands where another store answers it', () => {
    const template = MetricTemplate.parse({
      apiVersion: 'linnet.dev/v1beta1',
      kind: 'MetricTemplate',
      metadata: { namespace: 'shop', name: 'dog' },
      spec: {
        provider: { type: 'datadog' },
        query: 'avg:x{app:{{ target }},t:{{ variables.tag }}}',
      },
    });
    expect(query('elsewhere', template)).toEqual({ query: 'avg:x{app:checkout,t:it"s}' });
  });
});
