import { formatDuration } from '../../api/duration.ts';
import type { BuiltinMetric } from '../../api/metrics.ts';
import type { Counts, Measurement, VersionTraffic } from '../../ports/telemetry.ts';
import { quantileOf } from './histogram.ts';
import type { Ledger, Period, Tally } from './ledger.ts';
import { nameOf, type Version, type Watched } from './watched.ts';

/** A built-in metric of both versions over a period, from what the sweeps have counted. */
export function measureBuiltin(
  metric: BuiltinMetric,
  ledger: Ledger,
  watched: Watched,
  period: Period,
): Measurement {
  const measure = metric === 'request-success-rate' ? successRate : duration;
  const canary = measure(ledger, watched, watched.canary, period);
  if (canary.kind !== 'value') return canary;
  const primary = measure(ledger, watched, watched.primary, period);
  if (metric === 'request-duration') return { ...canary, primary };
  return { ...canary, primary, counts: countsOf(ledger, watched, period) };
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

/** Percent of requests that did not fail. Those that callers cancelled say nothing either way. */
function successRate(ledger: Ledger, of: Watched, version: Version, period: Period): Measurement {
  const tally = ledger.tally(of, version, period);
  const ended = endedOf(tally);
  if (ended > 0) return { kind: 'value', value: 100 * (1 - tally.bad / ended) };
  return noData(tally, version, period);
}

/** p99 in milliseconds of the requests that succeeded. */
function duration(ledger: Ledger, of: Watched, version: Version, period: Period): Measurement {
  const value = quantileOf(0.99, ledger.durations(of, version, period));
  if (value !== undefined) return { kind: 'value', value };
  const tally = ledger.tally(of, version, period);
  const ended = endedOf(tally);
  if (ended === 0) return noData(tally, version, period);
  const why =
    tally.good === 0
      ? `none of ${Math.round(ended)} requests to ${nameOf(version)} succeeded ${inThe(period)}`
      : `no durations of requests to ${nameOf(version)} were recorded ${inThe(period)}`;
  return { kind: 'no-data', why };
}

function countsOf(ledger: Ledger, watched: Watched, period: Period): Counts {
  const of = (version: Version) => {
    const tally = ledger.tally(watched, version, period);
    return { requests: endedOf(tally), bad: tally.bad };
  };
  return { canary: of(watched.canary), primary: of(watched.primary) };
}

function noData({ cancelled }: Tally, version: Version, period: Period): Measurement {
  const name = nameOf(version);
  const why =
    cancelled > 0
      ? `all ${Math.round(cancelled)} requests to ${name} were cancelled by their callers ${inThe(period)}`
      : `no requests reached ${name} ${inThe(period)}`;
  return { kind: 'no-data', why };
}

function inThe({ after, until }: Period): string {
  return `in the last ${formatDuration(until - after)}`;
}

function endedOf({ good, bad, refused }: Tally): number {
  return good + bad + refused;
}
