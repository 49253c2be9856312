import type { Unit } from '../../api/counted-units.ts';
import type { CallerShare, Share } from '../../ports/split.ts';
import { type InstantSeries, numberOf } from './answer.ts';
import type { WatchedBy } from './fleet.ts';
import type { Period } from './ledger.ts';
import { stepPeriod } from './period.ts';
import { answered, countedIn } from './queries.ts';
import { inOurWords, inWordsOf } from './series-names.ts';
import { REPORTERS } from './sources.ts';
import type { Version, Watched } from './watched.ts';

/**
 * How requests or connections were divided between the versions since a step began (our time), as far
 * back as the sweep keeps its counters; undefined while there is nothing to go by.
 */
export function shareSince(by: WatchedBy, since: number, now: number): Share | undefined {
  const period = periodSince(by, since, now);
  if (period === undefined) return undefined;
  const { sweeper, watched } = by;
  const shareOf = (unit: Unit): Share => {
    const countTo = (version: Version) => {
      const tally = sweeper.ledger.tally(watched, version, period, { units: [unit] });
      return tally.good + tally.bad + tally.refused + tally.cancelled;
    };
    const canary = countTo(watched.canary);
    return { canary, requests: canary + countTo(watched.primary) };
  };
  // Where nobody said which of them the routes divide, both would not be divided alike.
  const shares = watched.units.map(shareOf);
  return shares.find(({ requests }) => requests > 0) ?? shares[0];
}

/** The same for each caller that the series name, by a query of its own; none when it fails. */
export async function callersSince(
  by: WatchedBy,
  since: number,
  now: number,
): Promise<readonly CallerShare[]> {
  const period = periodSince(by, since, now);
  if (period === undefined) return [];
  const { series } = by.sweeper.client;
  const seconds = Math.ceil((period.until - period.after) / 1000);
  const { data } = await by.sweeper.client
    .query(inWordsOf(series, callersQuery(by.watched, seconds)))
    .catch(() => NOTHING);
  if (data.resultType !== 'vector') return [];
  return callersIn(inOurWords(series, data.result), by.watched);
}

const NOTHING = { data: { resultType: 'vector', result: [] } } as const;

/** Requests from before the weight were divided otherwise. */
function periodSince(by: WatchedBy, since: number, now: number): Period | undefined {
  const found = stepPeriod(by, { intervalMs: by.watched.windowMs, since, afresh: true, now });
  return 'kind' in found ? undefined : found;
}

/** Growth that counts the first value of a newborn series, as a version's first requests are. */
function callersQuery(watched: Watched, seconds: number): string {
  const grown = countedIn([watched]).map(([unit, of]) => {
    const counter = answered(unit, of);
    return `clamp_min(${counter} - (${counter} offset ${seconds}s or ${counter} * 0), 0)`;
  });
  return `sum by (${CALLER_LABELS.join(',')}) (${grown.join(' or ')}) > 0`;
}

const CALLER_LABELS = [
  'reporter',
  'source_workload_namespace',
  'source_workload',
  'destination_workload',
];

/** The workloads' own proxies where they say anything, else the waypoint before them. */
function callersIn(series: readonly InstantSeries[], { canary }: Watched): CallerShare[] {
  const [reporter] = REPORTERS.filter((one) =>
    series.some(({ metric }) => metric['reporter'] === one),
  );
  const callers = new Map<string, { name: string; canary: number; requests: number }>();
  for (const { metric, value } of series) {
    if (metric['reporter'] !== reporter || value === undefined) continue;
    const name = callerName(metric);
    const caller = callers.get(name) ?? { name, canary: 0, requests: 0 };
    const requests = numberOf(value[1]);
    caller.requests += requests;
    if (canary.workloads.includes(metric['destination_workload'] ?? '')) caller.canary += requests;
    callers.set(name, caller);
  }
  return [...callers.values()];
}

function callerName(metric: InstantSeries['metric']): string {
  const { source_workload: workload = 'unknown', source_workload_namespace: namespace } = metric;
  return workload === 'unknown' ? workload : `${namespace}/${workload}`;
}
