import { PrometheusError } from '../adapters/prometheus/errors.ts';
import {
  type CountedPast,
  isBuiltin,
  type Past,
  resolvedQuery,
  type Window,
} from '../adapters/prometheus/past.ts';
import type { Canary } from '../api/canary.ts';
import { durationMs } from '../api/duration.ts';
import type { MetricTemplate } from '../api/metric-template.ts';
import type { CanaryMetric } from '../api/metrics.ts';
import { parseMetricTemplate } from '../api/parse.ts';
import { problemSentence } from '../api/problem.ts';
import { TemplateError } from '../api/query-template.ts';
import { endedRollout } from '../explain/ended-rollout.ts';
import type { AskedMetric, Known, Unread } from '../explain/known.ts';
import { MOST_LAG_MS, type ReplaySpan, replaySpan } from '../explain/replay.ts';
import { type Pinned, pinnedOf } from '../judge/guard/pins.ts';
import type { ApiClient } from '../ports/cluster.ts';
import { METRIC_TEMPLATE } from '../ports/kinds.ts';
import type { Measurement } from '../ports/telemetry.ts';

export interface Sources {
  readonly api: Pick<ApiClient, 'get'>;
  readonly past: Past;
  /** The cluster's clock, in milliseconds. */
  readonly now: number;
}

/** Reads what the case of a Canary's rollout is made of. Rejects where the cluster does not answer. */
export async function readKnown(canary: Canary, sources: Sources): Promise<Known> {
  const { past, now } = sources;
  const ended = canary.status && endedRollout(canary.status);
  const pinned = pinnedOf(canary.status?.guard);
  const span = pinned && replaySpan(pinned, now, ended && Date.parse(ended.endedAt));
  // Without what the guard pins, nobody knows when the last check of a rollout that is over was.
  const window =
    span === undefined && ended !== undefined ? undefined : windowOf(canary, pinned, span, now);
  const read = await readPast(past, canary, span ?? (window && edgesOf(window)));
  const metrics = canary.spec.analysis.metrics;
  return {
    canary,
    now,
    store: past.server,
    counted: isUnread(read) ? read : span && read?.counted.span,
    keptFrom: isUnread(read) ? undefined : read?.keptFrom,
    asked: await Promise.all(
      metrics.map((metric) => askMetric(canary, metric, { ...sources, read, window })),
    ),
  };
}

/** What a check at the end of the comparison would have looked at, by the store's clock. */
function windowOf(
  { status }: Canary,
  pinned: Pinned | undefined,
  span: ReplaySpan | undefined,
  now: number,
): Window {
  const until = span?.to ?? Math.floor((now - MOST_LAG_MS) / EDGE_MS) * EDGE_MS;
  const carried = pinned?.shifts.findLast(
    ({ carriedAt = Infinity }) => carriedAt < until,
  )?.carriedAt;
  const since = carried ?? Date.parse(status?.step?.since ?? status?.startedAt ?? '');
  return { since: Math.min(since, until - EDGE_MS), until };
}

/** Where the guard has pinned no grid. */
const EDGE_MS = 5000;
/** Further back than an hour no check looks. */
const LONGEST_MS = 3_600_000;

function edgesOf({ since, until }: Window): ReplaySpan {
  const from = Math.max(Math.floor(since / EDGE_MS) * EDGE_MS, until - LONGEST_MS);
  return { from, to: until, edgeMs: EDGE_MS };
}

interface ReadPast {
  readonly counted: CountedPast;
  readonly keptFrom: number | undefined;
  readonly span: ReplaySpan;
}

function isUnread(read: ReadPast | Unread | undefined): read is Unread {
  return read !== undefined && 'why' in read;
}

/** Undefined where there is nothing to ask for. */
async function readPast(
  past: Past,
  canary: Canary,
  span: ReplaySpan | undefined,
): Promise<ReadPast | Unread | undefined> {
  if (span === undefined) return undefined;
  try {
    const counted = await past.counted(canary, span);
    return { counted, keptFrom: await past.keptFrom(span.from, span.to), span };
  } catch (error) {
    if (error instanceof PrometheusError) return { why: error.message };
    throw error;
  }
}

interface Asking extends Sources {
  readonly read: ReadPast | Unread | undefined;
  readonly window: Window | undefined;
}

async function askMetric(
  canary: Canary,
  metric: CanaryMetric,
  asking: Asking,
): Promise<AskedMetric> {
  const { past, window, now } = asking;
  const nothing = { query: undefined, primaryQuery: undefined, measured: undefined };
  const { template, why } = await templateOf(canary, metric, asking.api);
  if (why !== undefined) return { ...nothing, answeredBy: 'nobody', why };
  const answeredBy = template === undefined ? past.server : answererOf(template, past.server);
  try {
    const shown = window ?? { since: now - durationMs(metric.interval), until: now };
    const { query, primary } = resolvedQuery(canary, metric, template, shown);
    const asked = { query, primaryQuery: primary, answeredBy };
    const refusal = notAsked(template, answeredBy, asking);
    if (refusal !== undefined || window === undefined) {
      return { ...asked, measured: undefined, why: `not asked again: ${refusal}` };
    }
    const found = await measured(canary, metric, { query, primary }, { ...asking, window });
    return { ...asked, measured: found, why: undefined };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return { ...nothing, answeredBy, why: error.message };
  }
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
): string | undefined {
  const { type = 'prometheus', address, secretRef, headers } = template?.spec.provider ?? {};
  const isOwn = address !== undefined || secretRef !== undefined || headers !== undefined;
  if (type !== 'prometheus' || isOwn) return `${answeredBy} answers it, as its template says`;
  if (isUnread(read)) return read.why;
  return window === undefined ? 'when it was asked last is not kept' : undefined;
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

interface Queries {
  readonly query: string;
  readonly primary: string | undefined;
}

async function measured(
  canary: Canary,
  metric: CanaryMetric,
  { query, primary }: Queries,
  { past, read, window }: Asking & { readonly window: Window },
): Promise<Measurement> {
  const isSwept = isBuiltin(metric) && canary.spec.provider !== 'kubernetes';
  if (isSwept && read !== undefined && !isUnread(read)) {
    return read.counted.measure(metric.name, periodOf(metric, read.span, window));
  }
  const ask = (text: string) => past.valueAt(text, window.until, `the query of ${metric.name}`);
  try {
    const value = await ask(query);
    if (value.kind !== 'value' || primary === undefined) return value;
    return { ...value, primary: await ask(primary) };
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return { kind: 'error', why: error.message, outage: error.outage };
  }
}

/** Whole edges of the step, as far back as the metric looks. */
function periodOf(
  { interval }: CanaryMetric,
  { from, edgeMs }: ReplaySpan,
  { since, until }: Window,
) {
  const begin = Math.max(until - Math.max(durationMs(interval), edgeMs), since, from);
  return { after: Math.min(Math.ceil(begin / edgeMs) * edgeMs, until - edgeMs), until };
}
