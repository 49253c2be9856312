import { parseDuration } from '../../api/duration.ts';
import type { Canary } from '../../api/canary.ts';
import type { MetricTemplate } from '../../api/metric-template.ts';
import type { SweptMetric } from '../../api/builtin-metrics.ts';
import { type CanaryMetric, comparisonOf, isCounted, isQueried } from '../../api/metrics.ts';
import {
  forPrimary,
  type QueryLanguage,
  renderQuery,
  variablesOf,
} from '../../api/query-template.ts';
import { ISTIO_SERIES, type MeshSeries } from '../../ports/mesh-series.ts';
import type {
  CountedSpan,
  Measurement,
  SeenWorkload,
  WorkloadNames,
} from '../../ports/telemetry.ts';
import { type Answer, type InstantSeries, numberOf, type RangeSeries } from './answer.ts';
import { applicationMetric } from './application-metrics.ts';
import { measureBuiltin } from './builtin.ts';
import { type ClientOptions, createClient, type PrometheusClient } from './client.ts';
import { type Asked, readAll, spanOf } from './counted.ts';
import { intervalSince } from './custom-metric.ts';
import { PrometheusError } from './errors.ts';
import { scrapeMsOf } from './facts.ts';
import { PROMQL } from './promql-places.ts';
import { builtinQuery, type Read } from './queried-metrics.ts';
import { durationQuantile, samplesQuery, sweepQueries } from './queries.ts';
import { RECORDED } from './recorded.ts';
import { seenWorkloads } from './seen-workloads.ts';
import { inWordsOf } from './series-names.ts';
import { singleValue } from './single-value.ts';
import { type Watched, watchedOf } from './watched.ts';

/** What a store still has of a span of time. Times are the store's, in milliseconds. */
export interface CountedPast {
  readonly span: CountedSpan;
  /** A built-in metric over whole edges of the span, as a check of that time computed it. */
  measure(metric: SweptMetric, period: { after: number; until: number }): Measurement;
}

/** A query as it can be pasted, and the same for the primary where that is asked for. */
export interface ResolvedQuery {
  readonly query: string;
  readonly primary?: string;
  /** What the answer means, where that is not just its one number. */
  readonly read?: Read;
}

/** One Prometheus, asked for what was. Everything but `close` rejects with a `PrometheusError`. */
export interface Past {
  /** As people may see it. */
  readonly server: string;
  /** How it names what the mesh counts. */
  readonly series?: MeshSeries;
  /**
   * The counters of both versions, by the queries with which the controller rebuilds evidence.
   *
   * @param workloads of both versions, where the Canary alone does not tell them.
   */
  counted(canary: Canary, asked: Asked, workloads?: WorkloadNames): Promise<CountedPast>;
  /**
   * Milliseconds between two samples of either version's counters in a span, as they mostly were;
   * undefined where there are none.
   */
  sampledEvery(
    canary: Canary,
    span: TimeSpan,
    workloads?: WorkloadNames,
  ): Promise<number | undefined>;
  /**
   * Workloads of which the store has requests in a span, whoever reported them: those whose names begin
   * like one that is looked for, else any.
   */
  seenWorkloads(like: string, span: TimeSpan): Promise<readonly SeenWorkload[]>;
  /** From when on the store has samples of anything at all in a span; undefined: of nothing. */
  keptFrom(from: number, to: number): Promise<number | undefined>;
  /** The value of a query at a time. */
  valueAt(query: string, at: number, subject: string, read?: Read): Promise<Measurement>;
  /** The same at moments that are equally far from each other; of those without a result nothing. */
  valuesAt(
    query: string,
    moments: Moments,
    subject: string,
    read?: Read,
  ): Promise<ReadonlyMap<number, Measurement>>;
  close(): void;
}

/** In milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** In milliseconds: `from`, `from + step`, ... up to `to`. */
export interface Moments {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

export function openPast(options: ClientOptions): Past {
  const client = createClient({ timeoutMs: 20_000, ...options });
  return {
    server: client.server,
    series: client.series,
    counted: (canary, asked, workloads) => countedPast(client, watchedOf(canary, workloads), asked),
    sampledEvery: (canary, span, workloads) =>
      sampledEvery(client, watchedOf(canary, workloads), span),
    seenWorkloads: (like, span) => seenWorkloads(client, like, span),
    keptFrom: (from, to) => keptFrom(client, from, to),
    valueAt: async (query, at, subject, read = singleValue) =>
      read(await instant(client, query, at), subject),
    valuesAt: (query, moments, subject, read = singleValue) =>
      valuesAt(client, query, moments, (answer) => read(answer, subject)),
    close: () => client.close(),
  };
}

async function countedPast(
  client: PrometheusClient,
  watched: Watched,
  asked: Asked,
): Promise<CountedPast> {
  const edges = (asked.to - asked.from) / asked.edgeMs;
  const signal = AbortSignal.timeout(Math.max(LONGEST_MS, edges * EDGE_MS));
  const ledger = await readAll({ client }, watched, asked, signal);
  return {
    span: spanOf(ledger, watched, asked),
    measure: (metric, period) => measureBuiltin(metric, ledger, watched, period),
  };
}

/** Somebody waits for it, but a rollout of days is many answers. */
const LONGEST_MS = 120_000;
/** For each edge of it. */
const EDGE_MS = 10;

async function sampledEvery(
  client: PrometheusClient,
  watched: Watched,
  { from, to }: TimeSpan,
): Promise<number | undefined> {
  const step = Math.max(60_000, Math.ceil((to - from) / 300_000) * 1000);
  const query = samplesQuery(watched, client.series.isRecorded ? RECORDED.requests : undefined);
  const { data } = await client.range(inWordsOf(client.series, query), { from, to, step });
  const series: readonly RangeSeries[] = data.resultType === 'matrix' ? data.result : [];
  const counts = series
    .flatMap(({ values = [] }) => values.map(([, text]) => numberOf(text)))
    .sort((a, b) => a - b);
  const usual = counts[Math.floor(counts.length / 2)];
  return usual === undefined ? undefined : scrapeMsOf(usual);
}

/** `up` is there wherever anything is scraped; a store that is only written to has none. */
async function keptFrom(
  client: PrometheusClient,
  from: number,
  to: number,
): Promise<number | undefined> {
  const step = Math.max(1000, Math.ceil((to - from) / 500_000) * 1000);
  const query = `count(last_over_time(up[${Math.max(60, step / 1000)}s]))`;
  const { data } = await client.range(query, { from, to, step });
  const series: readonly RangeSeries[] = data.resultType === 'matrix' ? data.result : [];
  const [first] = series.flatMap(({ values = [] }) => values.map(([seconds]) => seconds * 1000));
  return first;
}

/** The client evaluates at the server's own time only: a range of one moment is that moment. */
async function instant(client: PrometheusClient, query: string, at: number) {
  const answer = await client.range(query, { from: at, to: at, step: 1000 });
  const { data } = answer;
  if (data.resultType !== 'matrix') {
    throw new PrometheusError('foreign', `${client.server} answered with a ${data.resultType}`);
  }
  const result = data.result.flatMap(({ metric, values = [] }) =>
    values.map((value) => ({ metric, value })),
  );
  return { ...answer, data: { resultType: 'vector' as const, result } };
}

async function valuesAt(
  client: PrometheusClient,
  query: string,
  moments: Moments,
  read: (answer: Answer) => Measurement,
): Promise<ReadonlyMap<number, Measurement>> {
  const answer = await client.range(query, moments);
  const { data } = answer;
  if (data.resultType !== 'matrix') {
    throw new PrometheusError('foreign', `${client.server} answered with a ${data.resultType}`);
  }
  const byTime = new Map<number, InstantSeries[]>();
  for (const { metric, values = [] } of data.result) {
    for (const value of values) {
      const at = Math.round(value[0] * 1000);
      byTime.set(at, [...(byTime.get(at) ?? []), { metric, value }]);
    }
  }
  return new Map(
    [...byTime].map(([at, result]) => [
      at,
      read({ ...answer, data: { resultType: 'vector', result } }),
    ]),
  );
}

/** Of a metric whose value the samples between `since` and `until` decided, in milliseconds. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

/** How the store names things, where it is not as usual. */
export interface Naming {
  readonly series?: MeshSeries | undefined;
  /** Workloads of both versions, where the Canary alone does not tell them. */
  readonly workloads?: WorkloadNames | undefined;
}

/**
 * What a metric asks. Of built-in ones that is what the sweep cuts, over the whole window at once.
 *
 * @throws TemplateError when the query cannot be filled in.
 */
export function resolvedQuery(
  canary: Canary,
  metric: CanaryMetric,
  template: MetricTemplate | undefined,
  { since, until }: Window,
  { series = ISTIO_SERIES, workloads }: Naming = {},
): ResolvedQuery {
  const watched = watchedOf(canary, workloads);
  const interval = intervalSince(metric.interval, since, until);
  if (isCounted(metric)) {
    if (canary.spec.provider !== 'kubernetes')
      return sweptQuery(watched, metric.name, interval, series);
    return resolvedQuery(canary, applicationMetric(metric), template, { since, until });
  }
  if (isQueried(metric)) {
    const window = { since, until };
    const { primary, ...own } = builtinQuery(canary, metric, watched, window, series);
    return { ...own, ...(primary && { primary: primary.query }) };
  }
  const variables = variablesOf(canary, interval, metric.templateVariables);
  const type = template?.spec.provider.type ?? 'prometheus';
  const language = type === 'prometheus' ? PROMQL : SHOWN;
  const query = template?.spec.query ?? metric.query ?? '';
  const primary = comparisonOf(metric) && {
    primary: renderQuery(query, forPrimary(variables), language),
  };
  return { query: renderQuery(query, variables, language), ...primary };
}

function sweptQuery(
  watched: Watched,
  name: SweptMetric,
  interval: string,
  series: MeshSeries,
): ResolvedQuery {
  const ms = parseDuration(interval) ?? 60_000;
  const query =
    name === 'request-duration'
      ? durationQuantile(watched, ms)
      : sweepQueries([watched], ms).requests;
  return { query: inWordsOf(series, query) };
}

/** Of other stores the query is only shown, never sent from here. */
const SHOWN: QueryLanguage = {
  placesIn: (pieces) => pieces.map(() => ({ quote: (value) => value, allowed: 'any text' })),
};
