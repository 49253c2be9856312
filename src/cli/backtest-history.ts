import { PrometheusError } from '../adapters/prometheus/errors.ts';
import type { Past, TimeSpan } from '../adapters/prometheus/past.ts';
import { PRIMARY_SUFFIX } from '../api/names.ts';
import type { Subject } from '../backtest/backtest.ts';
import { afterFirstSamples, LEAD_MS } from '../backtest/history.ts';
import { nothingSeen } from '../backtest/misnamed.ts';
import { ISTIO_SERIES } from '../ports/mesh-series.ts';
import { UNSEEN_SCRAPE_MS } from '../ports/telemetry.ts';
import { withAnswers } from './backtest-queries.ts';
import type { Tried } from './backtest-policies.ts';

/**
 * One workload with what the store has of it.
 *
 * @param short what is to be said of the store as a whole.
 */
export async function readSubject(
  past: Past,
  tried: Tried,
  { from, to }: TimeSpan,
  short: readonly string[],
): Promise<Subject> {
  const { workload, canary, policies, templates, versions } = tried;
  const seenMs = await past.sampledEvery(canary, { from, to }, versions);
  const scrapeMs = seenMs ?? UNSEEN_SCRAPE_MS;
  const edgeMs = Math.max(LEAST_EDGE_MS, scrapeMs);
  const whole = (time: number) => Math.floor(time / edgeMs) * edgeMs;
  const asked = { from: whole(from) - LEAD_MS, to: whole(to), edgeMs };
  const counted = await past.counted(canary, asked, versions);
  const history = {
    ...counted,
    span: afterFirstSamples(counted.span, whole(from), edgeMs),
    edgeMs,
    scrapeMs,
    isSideBySide: versions !== undefined,
  };
  const answered = policies.map((policy) => withAnswers(past, policy, history, templates));
  const nothing = seenMs === undefined ? [await whyNothing(past, tried, { from, to })] : [];
  return {
    workload,
    policies: await Promise.all(answered),
    notes: [...short, ...nothing],
    history,
  };
}

/** Blocks of the guard are no shorter by default. */
const LEAST_EDGE_MS = 5000;

/** What the store has instead: a question more, where there is nothing else to tell. */
async function whyNothing(
  past: Past,
  { workload: { namespace, name }, versions }: Tried,
  span: TimeSpan,
): Promise<string> {
  const { prefix, reporters } = past.series ?? ISTIO_SERIES;
  const names = versions
    ? [...versions.canary, ...versions.primary]
    : [name, name + PRIMARY_SUFFIX];
  const wanted = { namespace, names, reporters, counter: `${prefix}_requests_total` };
  try {
    return nothingSeen(wanted, await past.seenWorkloads(name, span));
  } catch (error) {
    if (!(error instanceof PrometheusError)) throw error;
    return nothingSeen(wanted, undefined);
  }
}
