import type { Answer, RangeSeries } from './answer.ts';
import type { PrometheusClient, Window } from './client.ts';
import { answeredOnly, growthOf, hiddenOnly } from './durations.ts';
import { PrometheusError } from './errors.ts';
import type { Counted } from './ledger.ts';
import { recordedSweep } from './recorded.ts';
import { inOurWords, inWordsOf } from './series-names.ts';
import { exactDurations, ownReports, sweepQueries } from './queries.ts';
import { keysOf, workloadKey } from './sources.ts';
import type { Watched } from './watched.ts';

/**
 * What the counters of everything watched grew by in each block of a window: five queries whatever
 * their number, one more where sums hide something, and one where waypoints report.
 */
export async function readCounters(
  client: PrometheusClient,
  watched: readonly Watched[],
  window: Window,
  signal: AbortSignal,
): Promise<{ counted: Counted; series: number }> {
  const { from, to, step } = window;
  const range = async (query: string, first = from + step) => {
    const asked = inWordsOf(client.series, query);
    const answer = await client.range(asked, { from: first, to, step }, { signal });
    return inOurWords(client.series, seriesOf(answer, client));
  };
  if (client.series.isRecorded) return readRecorded(watched, step, range);
  const queries = sweepQueries(watched, step);
  const [requests, seen, sums, counts, gaps] = await Promise.all([
    range(queries.requests),
    range(queries.losses),
    range(queries.durationSums, from),
    range(queries.durationCounts),
    range(queries.gaps),
  ]);
  const losses = seen.filter(isLoss);
  const wanted = keysOf(watched);
  const ours = sums.filter(({ metric }) => wanted.has(workloadKey(metric)));
  const growth = growthOf(ours, counts, window);
  const hiding = growth.hiding.map(({ labels }) => labels);
  const [exact, own] = await Promise.all([
    hiding.length === 0 ? [] : range(exactDurations(hiding, step)),
    reportsWaypoint(requests, wanted) ? range(ownReports(watched)) : [],
  ]);
  const durations = [...growth.series, ...hiddenOnly(exact, growth.hiding)];
  return {
    counted: { requests, losses, durations, own, gaps },
    series: seriesCount([requests, losses, sums, counts, exact, own]),
  };
}

type Read = (query: string) => Promise<readonly RangeSeries[]>;

/** The same of what the rules of the chart have recorded: three queries, and one for gaps. */
async function readRecorded(watched: readonly Watched[], step: number, range: Read) {
  const queries = recordedSweep(watched, step);
  const [requests, seen, buckets, gaps] = await Promise.all([
    range(queries.requests),
    range(queries.losses),
    range(queries.durations),
    range(queries.gaps),
  ]);
  const own = reportsWaypoint(requests, keysOf(watched)) ? await range(queries.own) : [];
  return {
    counted: {
      requests,
      losses: seen.filter(isLoss),
      durations: answeredOnly(buckets),
      own,
      gaps,
    },
    series: seriesCount([requests, seen, buckets, own]),
  };
}

function seriesCount(answers: readonly (readonly RangeSeries[])[]): number {
  return answers.reduce((total, { length }) => total + length, 0);
}

function reportsWaypoint(requests: readonly RangeSeries[], wanted: ReadonlySet<string>): boolean {
  return requests.some(
    ({ metric }) => metric['reporter'] === 'waypoint' && wanted.has(workloadKey(metric)),
  );
}

/** Where a waypoint or the callers are believed, what came to a workload is told already. */
function isLoss({ metric }: RangeSeries): boolean {
  const isUnreached = ['', 'unknown', undefined].includes(metric['destination_workload']);
  return metric['reporter'] === 'source' || isUnreached;
}

function seriesOf({ data, warnings }: Answer, client: PrometheusClient): readonly RangeSeries[] {
  if (warnings.length > 0) {
    const warning = warnings.join('; ').slice(0, 300);
    throw new PrometheusError('partial', `${client.server} answered only in part: ${warning}`);
  }
  if (data.resultType === 'matrix') return data.result;
  const sentence = `${client.server} answered a range query with a ${data.resultType}`;
  throw new PrometheusError('foreign', sentence);
}
