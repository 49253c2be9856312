import { describe, expect, it } from 'vitest';
import { aCanary } from '../../test/builders/canary.ts';
import { aHistory, START } from '../../test/builders/history.ts';
import { PrometheusError } from '../adapters/prometheus/errors.ts';
import type { Past } from '../adapters/prometheus/past.ts';
import { MetricTemplate } from '../api/metric-template.ts';
import type { Policy } from '../backtest/policy.ts';
import { replay } from '../backtest/replay.ts';
import { rolloutsIn } from '../backtest/rollouts.ts';
import type { Measurement } from '../ports/telemetry.ts';
import { withAnswers } from './backtest-queries.ts';

/** Five minutes of quiet, then six minutes at 10 %. */
const HISTORY = aHistory([{ edges: 20 }, { edges: 24, weight: 10 }, { edges: 20 }]);
const [ROLLOUT] = rolloutsIn(HISTORY).rollouts;
const BEGIN = START + 300_000;

type Answering = (query: string, at: number) => Measurement;
const asked: [query: string, fromS: number, toS: number, step: number][] = [];

function pastOf(answer: Answering): Past {
  const nothing = () => Promise.reject(new Error('not asked for'));
  return {
    server: 'Prometheus at http://p',
    counted: nothing,
    sampledEvery: nothing,
    seenWorkloads: nothing,
    keptFrom: nothing,
    valueAt: nothing,
    valuesAt: async (query, { from, to, step }) => {
      asked.push([query, (from - BEGIN) / 1000, (to - BEGIN) / 1000, step]);
      const times = Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);
      return new Map(times.map((at) => [at, answer(query, at)]));
    },
    close: () => undefined,
  };
}

const OWN = { name: 'own', query: 'x{t="{{ target }}"}[{{ interval }}]', threshold: 1 };

function policyOf(metric: object, rules: Policy['rules'] = 'linnet', more: object = {}): Policy {
  const analysis = { interval: '1m', threshold: 2, stepWeights: [10, 20, 30, 40, 50], ...more };
  const guard = { enabled: false };
  return {
    name: rules,
    rules,
    canary: aCanary({ analysis: { ...analysis, guard, metrics: [metric] } }),
  };
}

const value = (of: number): Measurement => ({ kind: 'value', value: of });

async function judged(policy: Policy, answer: Answering, templates: MetricTemplate[] = []) {
  asked.length = 0;
  const answered = await withAnswers(pastOf(answer), policy, HISTORY, templates);
  return replay(HISTORY, ROLLOUT!, answered);
}

const template = (provider: object) =>
  MetricTemplate.parse({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'MetricTemplate',
    metadata: { namespace: 'shop', name: 'mine' },
    spec: { provider, query: 'y{t="{{ target }}"}' },
  });
const MINE = { name: 'mine', templateRef: { name: 'mine' }, threshold: 1 };
const failsFrom =
  (seconds: number): Answering =>
  (_, at) =>
    value(at >= BEGIN + seconds * 1000 ? 9 : 0);

describe('queries of a policy’s own', () => {
  it('are asked at the moments of its checks, and decide', async () => {
    const found = await judged(policyOf(OWN), failsFrom(150));
    expect(asked).toEqual([['x{t="checkout"}[1m]', 75, 315, 60_000]]);
    expect(found).toMatchObject({
      outcome: 'rollback',
      at: BEGIN + 255_000,
      why: '2 checks failed, the last: own 9 > 1',
      charge: { of: 'other' },
    });
  });

  it('are asked by Flagger’s clock for Flagger’s rule', async () => {
    const found = await judged(policyOf(OWN, 'flagger'), failsFrom(150));
    expect(asked).toMatchObject([[expect.anything(), 60, 300, 60_000]]);
    expect(found).toMatchObject({ outcome: 'rollback', at: BEGIN + 300_000 });
  });

  it('may stand in a template of the files, wherever that says the store is', async () => {
    const mine = template({ type: 'prometheus', address: 'http://prometheus.monitoring:9090' });
    expect(await judged(policyOf(MINE), failsFrom(0), [mine])).toMatchObject({
      outcome: 'rollback',
    });
    expect(asked[0]?.[0]).toBe('y{t="checkout"}');
  });

  it('are held against the primary’s where the metric asks', async () => {
    const compared = { ...OWN, threshold: undefined, compareToPrimary: { maxRatio: 2 } };
    const found = await judged(policyOf(compared), (query) =>
      value(query.includes('-primary') ? 1 : 3),
    );
    expect(asked.map(([query]) => query)).toEqual([
      'x{t="checkout"}[1m]',
      'x{t="checkout-primary"}[1m]',
    ]);
    expect(found).toMatchObject({ outcome: 'rollback' });
  });

  it('that fail hold Linnet, and are failed checks for Flagger', async () => {
    const fails: Answering = () => {
      throw new PrometheusError('query', 'parse error');
    };
    expect(await judged(policyOf(OWN), fails)).toMatchObject({
      outcome: 'hold',
      why: 'parse error',
    });
    expect(await judged(policyOf(OWN, 'flagger'), fails)).toMatchObject({ outcome: 'rollback' });
  });

  it.each<[string, Policy, MetricTemplate[]]>([
    ['a template that is not in the files', policyOf(MINE), []],
    ['another store', policyOf(MINE), [template({ type: 'datadog' })]],
    ['credentials', policyOf(MINE), [template({ type: 'prometheus', secretRef: { name: 's' } })]],
    ['a variable that nobody knows', policyOf({ ...OWN, query: '{{ planet }}' }), []],
    ['a schedule', policyOf(OWN, 'linnet', { schedule: '* * * * *' }), []],
  ])('are left out: %s', async (_, policy, templates) => {
    expect(await judged(policy, failsFrom(0), templates)).toMatchObject({ outcome: 'promote' });
    expect(asked).toEqual([]);
  });
});
