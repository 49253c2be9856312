import type { Canary } from '../../api/canary.ts';
import type { QueriedMetric } from '../../api/builtin-metrics.ts';
import { type CanaryMetric, comparisonOf } from '../../api/metrics.ts';
import { TemplateError } from '../../api/query-template.ts';
import type { MeshSeries } from '../../ports/mesh-series.ts';
import type { Measurement } from '../../ports/telemetry.ts';
import type { Answer } from './answer.ts';
import type { PrometheusClient } from './client.ts';
import { failed, intervalSince } from './custom-metric.ts';
import { sizesIn, sizesQuery } from './response-size.ts';
import { saturationQuery } from './saturation.ts';
import { inOurWords, inWordsOf } from './series-names.ts';
import { partial, singleValue } from './single-value.ts';
import { nameOf, type Version, type Watched } from './watched.ts';

export type AskedMetric = CanaryMetric & { readonly name: QueriedMetric };

/** What becomes of an answer. */
export type Read = (answer: Answer, subject: string) => Measurement;

export interface BuiltinQuery {
  readonly query: string;
  readonly read: Read;
  /** The same of the primary, where that is a query of its own and its number is compared. */
  readonly primary?: { readonly query: string; readonly read: Read };
}

/** Measures a built-in metric that no sweep carries, for the canary that names it. Never rejects. */
export async function measureQueried(
  client: PrometheusClient,
  canary: Canary,
  metric: AskedMetric,
  watched: Watched,
  period: { readonly since: number; readonly now: number },
): Promise<Measurement> {
  try {
    const { since, now: until } = period;
    const asked = builtinQuery(canary, metric, watched, { since, until }, client.series);
    const subject = `the query of ${metric.name}`;
    const measured = asked.read(await client.query(asked.query), subject);
    const { primary } = asked;
    if (measured.kind !== 'value' || primary === undefined) return measured;
    return { ...measured, primary: primary.read(await client.query(primary.query), subject) };
  } catch (error) {
    return failed(error, metric);
  }
}

/**
 * What a built-in metric asks between two moments, in milliseconds.
 *
 * @throws TemplateError where there is no mesh to tell it.
 */
export function builtinQuery(
  { spec }: Canary,
  metric: AskedMetric,
  watched: Watched,
  { since, until }: { readonly since: number; readonly until: number },
  series: MeshSeries,
): BuiltinQuery {
  if (metric.name === 'response-size') {
    if (spec.provider === 'kubernetes') {
      throw new TemplateError(
        'found with provider kubernetes, allowed is a mesh, whose proxies see responses, or a query of its own',
      );
    }
    const interval = intervalSince(metric.interval, since, until);
    return {
      query: inWordsOf(series, sizesQuery(watched, interval)),
      read: readSizes(watched, interval, series),
    };
  }
  const { name, interval } = metric;
  // How pods are is not how requests of this step fared: it is looked at over the whole interval.
  const of = (version: Version) => {
    const { query, needs } = saturationQuery(name, watched.namespace, version, interval);
    const missing = `${name} is not known: there is no ${needs} of the pods of ${nameOf(version)}`;
    return { query, read: orMissing(missing) };
  };
  const primary = comparisonOf(metric) && { primary: of(watched.primary) };
  return { ...of(watched.canary), ...primary };
}

function readSizes(watched: Watched, interval: string, series: MeshSeries): Read {
  return (answer, subject) => {
    const { data } = answer;
    if (data.resultType !== 'vector') return singleValue(answer, subject);
    return partial(answer, subject) ?? sizesIn(inOurWords(series, data.result), watched, interval);
  };
}

function orMissing(missing: string): Read {
  return (answer, subject) => {
    const found = singleValue(answer, subject);
    return found.kind === 'no-data' ? { ...found, why: missing } : found;
  };
}
