import type { History } from '../../src/backtest/history.ts';
import { countsWithin } from '../../src/backtest/history.ts';
import type { CountedEdge, CountedVersion, Measurement } from '../../src/ports/telemetry.ts';

/** When every history here begins. */
export const START = Date.parse('2026-11-21T09:00:00Z');
export const EDGE_MS = 15_000;

/** Edges that follow each other and are all alike. */
export interface Stretch {
  readonly edges: number;
  /** Percent of the requests for the canary; default 0, of which there are then no samples. */
  readonly weight?: number;
  /** Of both versions in one edge; default 300. */
  readonly requests?: number;
  /** Share of the canary's and of the primary's requests that failed. */
  readonly bad?: number;
  readonly primaryBad?: number;
  /** Share of the successful ones that took longer than 100 ms. */
  readonly slow?: number;
  readonly primarySlow?: number;
  /** Nothing was sampled at all. */
  readonly isGap?: boolean;
}

/** A history of stretches. Its 99th percentiles are 100 ms, or 1000 where more than 1 % are slow. */
export function aHistory(stretches: readonly Stretch[], scrapeMs = EDGE_MS): History {
  const edges = stretches.flatMap((stretch) =>
    Array.from({ length: stretch.edges }, () => stretch),
  );
  return historyOf(
    edges.map((stretch, i) => edgeOf(START + (i + 1) * EDGE_MS, stretch)),
    scrapeMs,
  );
}

export function historyOf(edges: readonly CountedEdge[], scrapeMs = EDGE_MS): History {
  const span = { from: (edges[0]?.to ?? START + EDGE_MS) - EDGE_MS, edges };
  const history: History = {
    span,
    edgeMs: EDGE_MS,
    scrapeMs,
    measure: (metric, period) =>
      metric === 'request-success-rate'
        ? successRate(countsWithin(history, period))
        : percentile(span.edges.filter(({ to }) => to > period.after && to <= period.until)),
  };
  return history;
}

function edgeOf(to: number, stretch: Stretch): CountedEdge {
  const { weight = 0, requests = 300, isGap = false } = stretch;
  if (isGap) return { to, canary: undefined, primary: undefined };
  const { bad = 0, primaryBad = 0, slow, primarySlow } = stretch;
  const ours = Math.round((requests * weight) / 100);
  return {
    to,
    canary: weight === 0 ? undefined : versionOf(ours, bad, slow),
    primary: versionOf(requests - ours, primaryBad, primarySlow ?? (slow === undefined ? slow : 0)),
  };
}

function versionOf(requests: number, bad: number, slow: number | undefined): CountedVersion {
  const counts = { requests, bad: requests * bad };
  if (slow === undefined) return counts;
  const good = requests - counts.bad;
  return { ...counts, durations: { requests: good, within: [[100, good * (1 - slow)]] } };
}

function successRate({ canary, primary }: ReturnType<typeof countsWithin>): Measurement {
  if (canary.requests <= 0) return { kind: 'no-data', why: 'no requests reached checkout-canary' };
  const value = 100 * (1 - canary.bad / canary.requests);
  return { kind: 'value', value, counts: { canary, primary } };
}

function percentile(edges: readonly CountedEdge[]): Measurement {
  const of = (version: 'canary' | 'primary'): Measurement => {
    const all = edges.flatMap((edge) => edge[version]?.durations ?? []);
    const [requests, below] = [
      all.reduce((sum, one) => sum + one.requests, 0),
      all.reduce((sum, one) => sum + (one.within[0]?.[1] ?? 0), 0),
    ];
    if (requests <= 0) return { kind: 'no-data', why: 'no durations' };
    return { kind: 'value', value: below < 0.99 * requests ? 1000 : 100 };
  };
  return { ...of('canary'), primary: of('primary') } as Measurement;
}
