import type { Canary } from '../../api/canary.ts';
import { durationMs, formatDuration } from '../../api/duration.ts';
import type { MetricTemplate } from '../../api/metric-template.ts';
import { type CanaryMetric, comparisonOf, isCounted } from '../../api/metrics.ts';
import {
  forPrimary,
  type QueryVariables,
  renderQuery,
  TemplateError,
  variablesOf,
} from '../../api/query-template.ts';
import type { MetricStores, SamplePeriod } from '../../ports/metric-stores.ts';
import type { Measurement } from '../../ports/telemetry.ts';
import { applicationMetric } from './application-metrics.ts';
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
  /** Who answers templates of other systems. */
  readonly stores: MetricStores | undefined;
}

/** Measures a metric by a query: its own, or where no mesh counts, the application's. Never rejects. */
export async function measureCustom(
  canary: Canary,
  metric: CanaryMetric,
  since: number,
  now: number,
  sources: CustomMetricSources,
): Promise<Measurement> {
  const subject = `the query of ${metric.name}`;
  try {
    const asked = isCounted(metric) ? applicationMetric(metric) : metric;
    const ask = await resolve(canary, asked, { since, now }, sources);
    const interval = intervalSince(metric.interval, since, now);
    const variables = variablesOf(canary, interval, metric.templateVariables);
    const value = await ask(variables, subject);
    if (value.kind !== 'value' || comparisonOf(metric) === undefined) return value;
    const primary = await ask(forPrimary(variables), `${subject} for the primary`);
    return { ...value, primary };
  } catch (error) {
    return failed(error, metric);
  }
}

/** @param subject what its sentences speak of. */
type Ask = (variables: QueryVariables, subject: string) => Promise<Measurement>;

async function resolve(
  canary: Canary,
  { name, query, templateRef }: CanaryMetric,
  period: SamplePeriod,
  sources: CustomMetricSources,
): Promise<Ask> {
  if (templateRef === undefined) {
    if (query === undefined) throw new TemplateError(`metric ${name} has no query`);
    return asking(sources.defaultClient(canary), query);
  }
  const namespace = templateRef.namespace ?? canary.metadata.namespace;
  const template = sources.template(namespace, templateRef.name);
  if (template === undefined) {
    throw new TemplateError(`MetricTemplate ${namespace}/${templateRef.name} does not exist`);
  }
  const { provider } = template.spec;
  if (provider.type === 'prometheus') {
    return asking(await sources.templateClient(template), template.spec.query);
  }
  const { stores } = sources;
  if (stores === undefined) {
    const where = `MetricTemplate ${namespace}/${templateRef.name}`;
    throw new TemplateError(`${where} has provider ${provider.type}, allowed is prometheus`);
  }
  return async (variables, subject) =>
    about(subject, await stores.measure(template, variables, period));
}

function asking(client: PrometheusClient, query: string): Ask {
  return async (variables, subject) =>
    singleValue(await client.query(renderQuery(query, variables, PROMQL)), subject);
}

function about(subject: string, measured: Measurement): Measurement {
  return measured.kind === 'value' ? measured : { ...measured, why: `${subject}: ${measured.why}` };
}

/**
 * Only samples of the present step count: a query may look back as far as the step has lasted, and
 * no further than its interval.
 */
export function intervalSince(interval: string, since: number, now: number): string {
  const lasted = Math.max(1000, Math.floor((now - since) / 1000) * 1000);
  return lasted >= durationMs(interval) ? interval : formatDuration(lasted);
}

/** What a metric says whose query could not be made, or not be answered. */
export function failed(error: unknown, { name }: CanaryMetric): Measurement {
  const why = error instanceof Error ? error.message : String(error);
  const outage = error instanceof PrometheusError && error.outage;
  return { kind: 'error', why: `${name}: ${why}`, outage };
}
