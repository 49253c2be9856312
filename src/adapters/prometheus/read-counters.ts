import type { Answer, RangeSeries } from './answer.ts';
import type { PrometheusClient, Window } from './client.ts';
import { growthOf, hiddenOnly } from './durations.ts';
import { PrometheusError } from './errors.ts';
import type { Counted } from './ledger.ts';
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
  const queries = sweepQueries(watched, step);
  const range = async (query: string, first = from + step) => {
    const answer = await client.range(query, { from: first, to, step }, { signal });
    return seriesOf(answer, client);
  };
  const [requests, losses, sums, counts, gaps] = await Promise.all([
    range(queries.requests),
    range(queries.losses),
    range(queries.durationSums, from),
    range(queries.durationCounts),
    range(queries.gaps),
  ]);
  const wanted = keysOf(watched);
  const ours = sums.filter(({ metric }) => wanted.has(workloadKey(metric)));
  const growth = growthOf(ours, counts, window);
  const hiding = growth.hiding.map(({ labels }) => labels);
  const isByWaypoint = requests.some(
    ({ metric }) => metric['reporter'] === 'waypoint' && wanted.has(workloadKey(metric)),
  );
  const [exact, own] = await Promise.all([
    hiding.length === 0 ? [] : range(exactDurations(hiding, step)),
    isByWaypoint ? range(ownReports(watched)) : [],
  ]);
  const durations = [...growth.series, ...hiddenOnly(exact, growth.hiding)];
  const answers = [requests, losses, sums, counts, exact, own];
  return {
    counted: { requests, losses, durations, own, gaps },
    series: answers.reduce((total, { length }) => total + length, 0),
  };
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
