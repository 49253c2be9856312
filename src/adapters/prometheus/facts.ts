import { type Answer, numberOf } from './answer.ts';

/** What is known of a store and of the mesh it watches. */
export interface Facts {
  /** Length of a block: short enough for the fastest scrapes, never above 5 s. */
  readonly blockMs: number;
  /** How long after a moment every sample taken before it can be read. */
  readonly lagMs: number;
  /** istiod's p99 from a change to its last push; undefined where nothing measures it. */
  readonly convergenceMs: number | undefined;
  /** istiod spoke to proxies within the last hour, and to none at some moment of the last 30 s. */
  readonly controlPlaneAway: boolean;
  /** The server's clock less ours, in whole milliseconds; 0 where they agree to a second. */
  readonly offsetMs: number;
  /** Samples that a workload's series had within the last minute, by `namespace/workload`. */
  readonly scrapes: ReadonlyMap<string, number>;
}

/** When, by our clock, a query was sent and its answer read. */
export interface Exchange {
  readonly sentAt: number;
  readonly readAt: number;
}

export function factsOf(answer: Answer, exchange: Exchange, before: Facts | undefined): Facts {
  const found = new Map(
    answer.data.resultType === 'vector'
      ? answer.data.result.map(({ metric, value }) => [metric['fact'], numberOf(value?.[1] ?? '')])
      : [],
  );
  const offsetMs = offsetOf(answer.serverTime, exchange);
  return {
    // Never longer than before: a store that misses a scrape must not move the grid to and fro.
    blockMs: Math.min(before?.blockMs ?? Infinity, blockOf(found.get('samples'))),
    lagMs: lagOf(found.get('scrape')) + (offsetMs === 0 ? 0 : CLOCK_GRAIN_MS),
    convergenceMs: convergenceOf(found.get('convergence')) ?? before?.convergenceMs,
    controlPlaneAway: found.get('istiod') === 0,
    offsetMs,
    scrapes: scrapesIn(answer),
  };
}

/**
 * Milliseconds between two samples of series that had so many within a minute: the usual interval
 * that fits best, and of two that fit as well the longer.
 */
export function scrapeMsOf(samples: number): number {
  const misfit = (seconds: number) => Math.abs(60 / seconds - samples);
  const best = INTERVALS_S.reduce((a, b) => (misfit(b) <= misfit(a) ? b : a));
  return best * 1000;
}

const INTERVALS_S = [1, 2, 3, 5, 10, 15, 20, 30, 60];

function scrapesIn({ data }: Answer): Map<string, number> {
  const series = data.resultType === 'vector' ? data.result : [];
  return new Map(
    series
      .filter(({ metric }) => metric['fact'] === 'scrapes')
      .map(({ metric, value }) => [
        `${metric['destination_workload_namespace']}/${metric['destination_workload']}`,
        numberOf(value?.[1] ?? ''),
      ]),
  );
}

/** Samples that the most often scraped target had within ten seconds. */
function blockOf(samples: number | undefined): number {
  if (samples === undefined || !(samples >= 4)) return 5000;
  return samples < 8 ? 2000 : 1000;
}

/** A sample carries the time at which its scrape began, and is there when it has ended. */
function lagOf(scrapeSeconds: number | undefined): number {
  if (scrapeSeconds === undefined || !Number.isFinite(scrapeSeconds)) return 1000;
  return Math.min(10_000, 250 + 1500 * scrapeSeconds);
}

/** Not a number while istiod pushes nothing: then what was last seen stands. */
function convergenceOf(seconds: number | undefined): number | undefined {
  return seconds === undefined || !Number.isFinite(seconds) ? undefined : seconds * 1000;
}

/** A `Date` header is cut to the second, and was written somewhere between sending and reading. */
function offsetOf(serverTime: number | undefined, { sentAt, readAt }: Exchange): number {
  if (serverTime === undefined) return 0;
  const isOurs = serverTime > sentAt - 2 * CLOCK_GRAIN_MS && serverTime < readAt + CLOCK_GRAIN_MS;
  return isOurs ? 0 : Math.round(serverTime + CLOCK_GRAIN_MS / 2 - (sentAt + readAt) / 2);
}

const CLOCK_GRAIN_MS = 1000;
