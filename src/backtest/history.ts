import type { SweptMetric } from '../api/builtin-metrics.ts';
import type { CountedEdge, CountedSpan, CountedVersion, Measurement } from '../ports/telemetry.ts';

/** What a store still has of one workload. Times are the store's, in milliseconds. */
export interface History {
  readonly span: CountedSpan;
  /** Distance of two edges. */
  readonly edgeMs: number;
  /** Time between two samples of the workload. */
  readonly scrapeMs: number;
  /**
   * Versions that run side by side, without a primary: whoever has all requests is the stable one, and
   * no canary any more.
   */
  readonly isSideBySide?: boolean;
  /** A built-in metric over whole edges, as a check of that time computed it. */
  measure(metric: SweptMetric, period: Period): Measurement;
}

/** The edges that end after `after` and not after `until`. */
export interface Period {
  readonly after: number;
  readonly until: number;
}

/** Requests and failures of both versions. */
export interface BothCounts {
  readonly canary: { readonly requests: number; readonly bad: number };
  readonly primary: { readonly requests: number; readonly bad: number };
}

export function edgesWithin({ span }: Pick<History, 'span'>, { after, until }: Period) {
  return span.edges.filter(({ to }) => to > after && to <= until);
}

export function countsWithin(history: Pick<History, 'span'>, period: Period): BothCounts {
  const edges = edgesWithin(history, period);
  return { canary: totalOf(edges, 'canary'), primary: totalOf(edges, 'primary') };
}

function totalOf(edges: readonly CountedEdge[], version: 'canary' | 'primary') {
  const all = edges.flatMap((edge) => edge[version] ?? []);
  const sum = (of: (counts: CountedVersion) => number) =>
    all.reduce((total, counts) => total + of(counts), 0);
  return { requests: sum(({ requests }) => requests), bad: sum(({ bad }) => bad) };
}

/** How long before a span it is read from, so that its first edges know what came before. */
export const LEAD_MS = 600_000;

/**
 * A span from `from` on, of one that was read from `LEAD_MS` before. Where counters come out of so long
 * a silence of both versions, what they had counted before lies in their first samples, which belong
 * to no edge: those edges are as good as not sampled. Of a second edge pods may be in that were
 * scraped a moment later.
 */
export function afterFirstSamples(read: CountedSpan, from: number, edgeMs: number): CountedSpan {
  let silentMs = 0;
  let left = 0;
  const edges = read.edges.map((edge): CountedEdge => {
    const isSampled = edge.canary !== undefined || edge.primary !== undefined;
    if (isSampled && silentMs >= LEAD_MS) left = FIRST_EDGES;
    silentMs = isSampled ? 0 : silentMs + edgeMs;
    if (left === 0) return edge;
    left -= 1;
    return { to: edge.to, canary: undefined, primary: undefined };
  });
  return { from, edges: edges.filter(({ to }) => to > from) };
}

const FIRST_EDGES = 2;

/** The newest edge at a time or before it. */
export function edgeBefore({ edgeMs }: Pick<History, 'edgeMs'>, time: number): number {
  return Math.floor(time / edgeMs) * edgeMs;
}
