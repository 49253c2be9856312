import { expect, it } from 'vitest';
import { aCanary } from '../../../test/builders/canary.ts';
import { OpenedTelemetry, templated } from '../../../test/builders/telemetry.ts';
import type { CanaryMetric } from '../../api/metrics.ts';
import type { MetricStores } from '../../ports/metric-stores.ts';
import type { Measurement } from '../../ports/telemetry.ts';

const opened = new OpenedTelemetry();

type Asked = Parameters<MetricStores['measure']>;

const NOW = Date.parse('2026-11-02T10:05:00Z');

/** Measures the metric `p99` of a template for Datadog, 30 s into a step. */
async function measure(metric: Partial<CanaryMetric>, ...answers: Measurement[]) {
  const asked: Asked[] = [];
  const stores: MetricStores = {
    measure: (...question) => {
      asked.push(question);
      return Promise.resolve(answers[asked.length - 1] ?? { kind: 'value', value: 0 });
    },
  };
  const telemetry = opened.to(
    { url: 'http://127.0.0.1:1' },
    { ...templated('avg:p99{service:{{ target }}}', { type: 'datadog' }), stores },
  );
  const metrics = [{ name: 'p99', templateRef: { name: 'any' }, interval: '1m', ...metric }];
  const canary = aCanary({ analysis: { metrics } });
  const [own] = canary.spec.analysis.metrics;
  const measured = await telemetry.measure(canary, own!, NOW - 30_000, NOW);
  return { asked, measured };
}

it('a template of another system is measured there, in the step', async () => {
  const { asked, measured } = await measure({}, { kind: 'value', value: 7 });
  expect(measured).toEqual({ kind: 'value', value: 7 });
  expect(asked).toHaveLength(1);
  const [template, variables, period] = asked[0]!;
  expect(template.metadata.name).toBe('any');
  expect(variables).toMatchObject({ target: 'checkout', interval: '30s' });
  expect(period).toEqual({ since: NOW - 30_000, now: NOW });
});

it('for the primary too, where the metric compares the two', async () => {
  const metric = { compareToPrimary: { maxRatio: 2 } };
  const none: Measurement = { kind: 'no-data', why: 'spec.query of it has no result' };
  const { asked, measured } = await measure(metric, { kind: 'value', value: 7 }, none);
  expect(asked.map(([, { target }]) => target)).toEqual(['checkout', 'checkout-primary']);
  expect(measured).toEqual({
    kind: 'value',
    value: 7,
    primary: {
      kind: 'no-data',
      why: 'the query of p99 for the primary: spec.query of it has no result',
    },
  });
});

it('what goes wrong there names the metric', async () => {
  const why = 'spec.provider of MetricTemplate shop/any: Datadog answered 503';
  const { measured } = await measure({}, { kind: 'error', why, outage: true });
  expect(measured).toEqual({ kind: 'error', why: `the query of p99: ${why}`, outage: true });
});
