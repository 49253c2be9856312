import { formatDuration } from '../../api/duration.ts';
import type { SweptMetric } from '../../api/builtin-metrics.ts';
import type { Counts, Measurement, VersionTraffic } from '../../ports/telemetry.ts';
import { quantileOf } from './histogram.ts';
import type { Ledger, Period } from './ledger.ts';
import type { Tally } from './tally.ts';
import { nameOf, type Version, type Watched } from './watched.ts';

/** A built-in metric of both versions over a period, from what the sweeps have counted. */
export function measureBuiltin(
  metric: SweptMetric,
  ledger: Ledger,
  watched: Watched,
  period: Period,
): Measurement {
  if (metric !== 'request-success-rate' && !watched.units.includes('requests')) {
    return ofRequestsOnly(metric, watched);
  }
  if (metric === 'request-duration') {
    const of = (version: Version) => duration(ledger, watched, version, period);
    return beside(of(watched.canary), of(watched.primary));
  }
  const of = (version: Version) => {
    const tally = ledger.tally(watched, version, period);
    const counts = COUNTS[metric](tally);
    return { counts, percent: percent(metric, counts) ?? noData(tally, watched, version, period) };
  };
  const [canary, primary] = [of(watched.canary), of(watched.primary)];
  const counts = { canary: canary.counts, primary: primary.counts };
  return beside(canary.percent, primary.percent, counts);
}

/** What a person wants to see of one version: how much traffic it has and how that fares. */
export function trafficOf(
  ledger: Ledger,
  watched: Watched,
  version: Version,
  period: Period,
): VersionTraffic {
  const tally = ledger.tally(watched, version, period);
  const ended = endedOf(tally);
  const seconds = (period.until - period.after) / 1000;
  return {
    requestsPerSecond: seconds > 0 ? (ended + tally.cancelled) / seconds : 0,
    errorShare: ended > 0 ? tally.bad / ended : undefined,
    p99: quantileOf(0.99, ledger.durations(watched, version, period)),
  };
}

function beside(canary: Measurement, primary: Measurement, counts?: Counts): Measurement {
  if (canary.kind !== 'value') return canary;
  return { ...canary, primary, ...(counts && { counts }) };
}

type ShareMetric = Exclude<SweptMetric, 'request-duration'>;

/** Those that callers cancelled say nothing of how the others were answered, nor the other way round. */
const COUNTS: Record<ShareMetric, (tally: Tally) => Counts['canary']> = {
  'request-success-rate': (tally) => ({ requests: endedOf(tally), bad: tally.bad }),
  'request-4xx-rate': (tally) => ({ requests: endedOf(tally), bad: tally.refused }),
  'request-cancelled-rate': (tally) => ({
    requests: endedOf(tally) + tally.cancelled,
    bad: tally.cancelled,
  }),
};

function percent(metric: ShareMetric, { requests, bad }: Counts['canary']) {
  if (requests <= 0) return undefined;
  const share = bad / requests;
  const value = 100 * (metric === 'request-success-rate' ? 1 - share : share);
  return { kind: 'value' as const, value };
}

/** p99 in milliseconds of the requests that succeeded. */
function duration(ledger: Ledger, of: Watched, version: Version, period: Period): Measurement {
  const value = quantileOf(0.99, ledger.durations(of, version, period));
  if (value !== undefined) return { kind: 'value', value };
  const tally = ledger.tally(of, version, period);
  const ended = endedOf(tally);
  if (ended === 0) return noData(tally, of, version, period);
  const why =
    tally.good === 0
      ? `none of ${Math.round(ended)} requests to ${nameOf(version)} succeeded ${inThe(period)}`
      : `no durations of requests to ${nameOf(version)} were recorded ${inThe(period)}`;
  return { kind: 'no-data', why };
}

/** Connections over TCP end with neither a status nor a duration. */
export function ofRequestsOnly(metric: string, { canary }: Watched): Measurement {
  const why = `${metric} is of requests over HTTP or gRPC, and ${nameOf(canary)} serves TCP; remove the metric, or use request-success-rate, which counts connections`;
  return { kind: 'no-data', why };
}

function noData(
  { cancelled }: Tally,
  { units }: Watched,
  version: Version,
  period: Period,
): Measurement {
  const name = nameOf(version);
  const why =
    cancelled > 0
      ? `all ${Math.round(cancelled)} requests to ${name} were cancelled by their callers ${inThe(period)}`
      : `no ${units.join(' or ')} reached ${name} ${inThe(period)}`;
  return { kind: 'no-data', why };
}

function inThe({ after, until }: Period): string {
  return `in the last ${formatDuration(until - after)}`;
}

function endedOf({ good, bad, refused }: Tally): number {
  return good + bad + refused;
}
