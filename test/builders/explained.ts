import type { Canary } from '../../src/api/canary.ts';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { AskedMetric, Known } from '../../src/explain/known.ts';
import { basisOf } from '../../src/judge/guard/pins.ts';
import type { CountedEdge, CountedVersion } from '../../src/ports/telemetry.ts';
import { aCanary } from './canary.ts';

/** When the first weight was written; the canary gets 20 % from then on, and 40 % half a minute later. */
export const START = Date.parse('2026-11-21T09:00:00Z');
const EDGE_MS = 5000;

/** What both versions answered in one edge: requests and failures, or no sample of either. */
export type EdgeCounts = readonly [
  canary: readonly [requests: number, bad: number, slow?: number] | undefined,
  primary: readonly [requests: number, bad: number, slow?: number] | undefined,
];

export interface Rollout {
  /** From the edge on at which the first weight is carried, five seconds after it was written. */
  readonly edges: readonly EdgeCounts[];
  readonly analysis?: Record<string, unknown>;
  readonly status?: Partial<CanaryStatus>;
  readonly known?: Partial<Known>;
  /** When the comparison ended, in seconds from the first weight. */
  readonly endedS?: number;
}

/** What is known of a rollout of the shop's checkout; what a test says of it goes before. */
export function aKnownRollout(rollout: Rollout): Known {
  const { edges, known } = rollout;
  const canary = rolledOut(rollout);
  const from = START + EDGE_MS;
  return {
    canary,
    now: START + 600_000,
    store: 'Prometheus at http://prometheus:9090',
    counted: { from, edges: edges.map((counts, i) => edgeOf(from + (i + 1) * EDGE_MS, counts)) },
    keptFrom: START,
    asked: canary.spec.analysis.metrics.map(() => ASKED),
    ...known,
  };
}

export const ASKED: AskedMetric = {
  query: 'sum(rate(shop[1m]))',
  primaryQuery: undefined,
  answeredBy: 'Prometheus at http://prometheus:9090',
  at: undefined,
  measured: undefined,
  why: undefined,
};

function rolledOut({ analysis, status, endedS }: Rollout): Canary {
  const canary = aCanary({ analysis: { stepWeights: [20, 40], ...analysis } });
  const grid = { edgeMs: EDGE_MS, scrapeMs: EDGE_MS, clockMs: 0, lagMs: 0 };
  const basis = basisOf(canary, grid);
  const shifts = [
    [1, 20, 0, 5000, 1],
    [2, 40, 32_000, 34_000],
  ];
  const ended = endedS === undefined ? {} : { ended: endedS * 1000 };
  const weights = { start: new Date(START).toISOString(), shifts, ...ended };
  return {
    ...canary,
    status: {
      phase: 'Progressing',
      planVersion: 1,
      canaryWeight: 40,
      failedChecks: 0,
      iterations: 0,
      conditions: [],
      fences: {},
      revision: 'checkout-new',
      lastPromotedSpec: 'checkout-old',
      startedAt: new Date(START - 4000).toISOString(),
      step: { index: 2, weight: 40 },
      ...(basis && { guard: basis.sitsOut === undefined ? { ...basis, ...weights } : basis }),
      ...status,
    },
  };
}

function edgeOf(to: number, [canary, primary]: EdgeCounts): CountedEdge {
  return { to, canary: canary && versionOf(canary), primary: primary && versionOf(primary) };
}

/** Slow requests take longer than 250 ms. */
function versionOf([requests, bad, slow]: readonly [number, number, number?]): CountedVersion {
  if (slow === undefined) return { requests, bad };
  const answered = requests - bad;
  return { requests, bad, durations: { requests: answered, within: [[250, answered - slow]] } };
}
