import { PrometheusError } from '../adapters/prometheus/errors.ts';
import { type Past, type ResolvedQuery, resolvedQuery } from '../adapters/prometheus/past.ts';
import { durationMs } from '../api/duration.ts';
import type { MetricTemplate } from '../api/metric-template.ts';
import { type CanaryMetric, isCounted } from '../api/metrics.ts';
import { TemplateError } from '../api/query-template.ts';
import type { History } from '../backtest/history.ts';
import type { Answers, Policy } from '../backtest/policy.ts';
import { checkTimes } from '../backtest/replay.ts';
import { rolloutsIn } from '../backtest/rollouts.ts';
import type { Measurement } from '../ports/telemetry.ts';

/** The policy with what its own PromQL gave at the moments of its checks, where that can be asked. */
export async function withAnswers(
  past: Past,
  policy: Policy,
  history: History,
  templates: readonly MetricTemplate[],
): Promise<Policy> {
  const { metrics, interval, schedule } = policy.canary.spec.analysis;
  // Moments of a schedule are not equally far from each other.
  if (schedule !== undefined) return policy;
  // What the counters give needs no moments: to find the rollouts is work.
  if (metrics.every((metric) => isCounted(metric))) return policy;
  const times = rolloutsIn(history).rollouts.map((one) => checkTimes(history, one, policy));
  const answered = new Map<number, Answers>();
  for (const [i, metric] of metrics.entries()) {
    const queries = isCounted(metric) ? undefined : queriesOf(policy, metric, templates);
    if (queries === undefined) continue;
    const step = durationMs(interval);
    const all = new Map<number, Measurement>();
    // One after the other: a month has many rollouts, and Prometheus others to serve.
    for (const of of times) {
      for (const [at, value] of await answersTo(past, queries, metric, of, step))
        all.set(at, value);
    }
    answered.set(i, all);
  }
  return { ...policy, answered };
}

/** Undefined where another store answers, or the query is not in the files. */
function queriesOf(
  { canary }: Policy,
  metric: CanaryMetric,
  templates: readonly MetricTemplate[],
): ResolvedQuery | undefined {
  const { templateRef } = metric;
  const namespace = templateRef?.namespace ?? canary.metadata.namespace;
  const template = templates.find(
    ({ metadata }) => metadata.name === templateRef?.name && metadata.namespace === namespace,
  );
  if (templateRef !== undefined && (template === undefined || !isOurs(template))) return undefined;
  try {
    return resolvedQuery(canary, metric, template, { since: 0, until: Date.now() });
  } catch (error) {
    if (error instanceof TemplateError) return undefined;
    throw error;
  }
}

/** Its address is that by which the cluster reaches a store, and not this machine. */
function isOurs({ spec: { provider } }: MetricTemplate): boolean {
  return provider.type === 'prometheus' && !provider.secretRef && !provider.headers;
}

async function answersTo(
  past: Past,
  { query, primary, read }: ResolvedQuery,
  { name }: CanaryMetric,
  times: readonly number[],
  step: number,
): Promise<Answers> {
  const [from, to] = [times[0], times.at(-1)];
  if (from === undefined || to === undefined) return new Map();
  const ask = (text: string) =>
    past.valuesAt(text, { from, to, step }, `the query of ${name}`, read);
  try {
    const [ours, theirs] = await Promise.all([ask(query), primary && ask(primary)]);
    if (!theirs) return ours;
    return new Map([...ours].map(([at, value]) => [at, beside(value, theirs.get(at))]));
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    const wrong: Measurement = { kind: 'error', why: error.message, outage: error.outage };
    return new Map(times.map((at) => [at, wrong]));
  }
}

function beside(value: Measurement, primary: Measurement | undefined): Measurement {
  return value.kind === 'value' && primary !== undefined ? { ...value, primary } : value;
}
