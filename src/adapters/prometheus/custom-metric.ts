import type { Canary } from '../../api/canary.ts';
import { durationMs, formatDuration } from '../../api/duration.ts';
import type { MetricTemplate } from '../../api/metric-template.ts';
import type { CanaryMetric } from '../../api/metrics.ts';
import { forPrimary, renderQuery, TemplateError, variablesOf } from '../../api/query-template.ts';
import type { Measurement } from '../../ports/telemetry.ts';
import type { PrometheusClient } from './client.ts';
import { PrometheusError } from './errors.ts';
import { PROMQL } from './promql-places.ts';
import { singleValue } from './single-value.ts';

/** Where a metric's own query comes from, and who answers it. */
export interface CustomMetricSources {
  /** Undefined when there is no such template. */
  template(namespace: string, name: string): MetricTemplate | undefined;
  /** The server of queries that name none; that of the Canary where it names one. */
  defaultClient(canary: Canary): PrometheusClient;
  /** Rejects with a `TemplateError` when its credentials cannot be had. */
  templateClient(template: MetricTemplate): Promise<PrometheusClient>;
}

/** Measures a metric that has a query of its own. Never rejects. */
export async function measureCustom(
  canary: Canary,
  metric: CanaryMetric,
  since: number,
  now: number,
  sources: CustomMetricSources,
): Promise<Measurement> {
  const subject = `the query of ${metric.name}`;
  try {
    const { query, client } = await resolve(canary, metric, sources);
    const interval = intervalSince(metric.interval, since, now);
    const variables = variablesOf(canary, interval, metric.templateVariables);
    const ask = async (of: typeof variables, about: string) =>
      singleValue(await client.query(renderQuery(query, of, PROMQL)), about);
    const value = await ask(variables, subject);
    if (value.kind !== 'value' || metric.compareToPrimary === undefined) return value;
    const primary = await ask(forPrimary(variables), `${subject} for the primary`);
    return { ...value, primary };
  } catch (error) {
    return failed(error, metric);
  }
}

interface Resolved {
  readonly query: string;
  readonly client: PrometheusClient;
}

async function resolve(
  canary: Canary,
  { name, query, templateRef }: CanaryMetric,
  sources: CustomMetricSources,
): Promise<Resolved> {
  if (templateRef === undefined) {
    if (query === undefined) throw new TemplateError(`metric ${name} has no query`);
    return { query, client: sources.defaultClient(canary) };
  }
  const namespace = templateRef.namespace ?? canary.metadata.namespace;
  const template = sources.template(namespace, templateRef.name);
  if (template === undefined) {
    throw new TemplateError(`MetricTemplate ${namespace}/${templateRef.name} does not exist`);
  }
  const { provider } = template.spec;
  if (provider.type !== 'prometheus') {
    const where = `MetricTemplate ${namespace}/${templateRef.name}`;
    throw new TemplateError(`${where} has provider ${provider.type}, allowed is prometheus`);
  }
  return { query: template.spec.query, client: await sources.templateClient(template) };
}

/**
 * Only samples of the present step count: a query may look back as far as the step has lasted, and
 * no further than its interval.
 */
function intervalSince(interval: string, since: number, now: number): string {
  const lasted = Math.max(1000, Math.floor((now - since) / 1000) * 1000);
  return lasted >= durationMs(interval) ? interval : formatDuration(lasted);
}

function failed(error: unknown, { name }: CanaryMetric): Measurement {
  const why = error instanceof Error ? error.message : String(error);
  const outage = error instanceof PrometheusError && error.outage;
  return { kind: 'error', why: `${name}: ${why}`, outage };
}
