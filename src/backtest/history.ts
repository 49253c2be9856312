import type { SweptMetric } from '../api/builtin-metrics.ts';
import type { CountedEdge, CountedSpan, CountedVersion, Measurement } from '../ports/telemetry.ts';

/** What a store still has of one workload. Times are the store's, in milliseconds. */
export interface History {
  readonly span: CountedSpan;
  /** Distance of two edges. */
  readonly edgeMs: number;
  /** Time between two samples of the workload. */
  readonly scrapeMs: number;
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

/** The newest edge at a time or before it. */
export function edgeBefore({ edgeMs }: Pick<History, 'edgeMs'>, time: number): number {
  return Math.floor(time / edgeMs) * edgeMs;
}
