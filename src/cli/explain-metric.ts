import { PrometheusError } from '../adapters/prometheus/errors.ts';
import {
  type CountedPast,
  type Past,
  type ResolvedQuery,
  resolvedQuery,
  type Window,
} from '../adapters/prometheus/past.ts';
import type { Canary } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';
import type { MetricTemplate } from '../api/metric-template.ts';
import { type CanaryMetric, isCounted, isQueried } from '../api/metrics.ts';
import { parseMetricTemplate } from '../api/parse.ts';
import { problemSentence } from '../api/problem.ts';
import { TemplateError } from '../api/query-template.ts';
import { type AskedMetric, isUnread, type Unread } from '../explain/known.ts';
import type { ReplaySpan } from '../explain/replay.ts';
import { checkPeriodOrLast } from '../ports/check-period.ts';
import type { ApiClient } from '../ports/cluster.ts';
import { METRIC_TEMPLATE } from '../ports/kinds.ts';
import type { Measurement, WorkloadNames } from '../ports/telemetry.ts';

export interface Sources {
  readonly api: Pick<ApiClient, 'get' | 'list'>;
  readonly past: Past;
  /** The cluster's clock, in milliseconds. */
  readonly now: number;
}

/** What the store still has of the span that a case is about. */
export interface ReadPast {
  readonly counted: CountedPast;
  readonly keptFrom: number | undefined;
  readonly span: ReplaySpan;
}

/** What asking for a metric needs. */
export interface Asking extends Sources {
  readonly read: ReadPast | Unread | undefined;
  readonly window: Window | undefined;
  /** Of both versions, where the Canary does not name them. */
  readonly workloads: WorkloadNames | undefined;
}

/** Resolves a metric of the analysis, and asks for it as of the end of the comparison. */
export async function askMetric(
  canary: Canary,
  metric: CanaryMetric,
  asking: Asking,
): Promise<AskedMetric> {
  const { past, window, now } = asking;
  const nothing = {
    query: undefined,
    primaryQuery: undefined,
    at: window?.until,
    measured: undefined,
  };
  const { template, why } = await templateOf(canary, metric, asking.api);
  if (why !== undefined) return { ...nothing, answeredBy: 'nobody', why };
  const answeredBy = template === undefined ? past.server : answererOf(template, past.server);
  if (isUnread(asking.read) && isNameless(canary, metric, asking)) {
    return { ...nothing, answeredBy, why: asking.read.why };
  }
  try {
    const shown = window ?? { since: now - durationMs(metric.interval), until: now };
    const resolved = resolvedQuery(canary, metric, template, shown, {
      series: past.series,
      workloads: asking.workloads,
    });
    const { query, primary } = resolved;
    const asked = { query, primaryQuery: primary, answeredBy, at: window?.until };
    const refusal = notAsked(template, answeredBy, asking, canary.status);
    if (refusal !== undefined || window === undefined) {
      return { ...asked, measured: undefined, why: `not asked again: ${refusal}` };
    }
    const found = await measured(canary, metric, resolved, { ...asking, window });
    return { ...asked, measured: found, why: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { ...nothing, answeredBy, why: error.message };
  }
}

/** Whether its query would name workloads that nobody knows. */
function isNameless({ spec }: Canary, metric: CanaryMetric, { workloads }: Asking): boolean {
  const isBuiltin = isCounted(metric) || isQueried(metric);
  return spec.targetRef.kind === 'VirtualService' && workloads === undefined && isBuiltin;
}

/** The store's kind where it is no Prometheus; an address without what may be secret in it. */
function answererOf({ spec: { provider } }: MetricTemplate, server: string): string {
  if (provider.type !== 'prometheus') return provider.type;
  if (provider.address === undefined) return server;
  const { origin, pathname } = new URL(provider.address);
  return `Prometheus at ${origin}${pathname === '/' ? '' : pathname}`;
}

/** Credentials of templates are the controller's business: nobody needs a right to Secrets here. */
function notAsked(
  template: MetricTemplate | undefined,
  answeredBy: string,
  { read, window }: Asking,
  status: Canary['status'],
): string | undefined {
  const { type = 'prometheus', address, secretRef, headers } = template?.spec.provider ?? {};
  const isOwn = address !== undefined || secretRef !== undefined || headers !== undefined;
  if (type !== 'prometheus' || isOwn) return `${answeredBy} answers it, as its template says`;
  if (isUnread(read)) return read.why;
  if (window !== undefined) return undefined;
  return status?.peakWeight === 0 && (status.checks ?? []).length === 0
    ? 'the canary never got any traffic, so that no check was due'
    : 'when it was asked last is not kept';
}

/** The MetricTemplate that a metric names, if it names one; or why it cannot be had. */
async function templateOf(
  { metadata }: Canary,
  { templateRef }: CanaryMetric,
  api: Sources['api'],
): Promise<{ template?: MetricTemplate; why?: string }> {
  if (templateRef === undefined) return {};
  const namespace = templateRef.namespace ?? metadata.namespace;
  const name = `MetricTemplate ${namespace}/${templateRef.name}`;
  const found = await api.get(METRIC_TEMPLATE, namespace, templateRef.name);
  if (found === undefined) return { why: `${name} does not exist` };
  const read = parseMetricTemplate(found);
  if (read.ok) return { template: read.template };
  return { why: `${name}: ${read.problems.map(problemSentence).join('; ')}` };
}

async function measured(
  canary: Canary,
  metric: CanaryMetric,
  { query, primary, read: reading }: ResolvedQuery,
  { past, read, window }: Asking & { readonly window: Window },
): Promise<Measurement> {
  const isSwept = isCounted(metric) && canary.spec.provider !== 'kubernetes';
  if (isSwept && read !== undefined && !isUnread(read)) {
    const { from, edgeMs } = read.span;
    const since = Math.max(window.since, from);
    const intervalMs = durationMs(metric.interval);
    const period = checkPeriodOrLast({ intervalMs, since, until: window.until, edgeMs });
    return read.counted.measure(metric.name, period);
  }
  const ask = (text: string) =>
    past.valueAt(text, window.until, `the query of ${metric.name}`, reading);
  try {
    const value = await ask(query);
    if (value.kind !== 'value' || primary === undefined) return value;
    return { ...value, primary: await ask(primary) };
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return { kind: 'error', why: error.message, outage: error.outage };
  }
}
