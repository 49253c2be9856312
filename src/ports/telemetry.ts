import type { Canary } from '../api/canary.ts';
import type { CanaryMetric } from '../api/metrics.ts';
import type { CallerShare, Share } from './split.ts';

/** A number from a metrics store, or why there is none (DESIGN, law 6: different things). */
export type Measurement =
  | {
      readonly kind: 'value';
      readonly value: number;
      readonly counts?: Counts;
      /** Of sizes: where those of both versions differ most. */
      readonly shift?: Shift;
      /** The same metric of the primary, where `compareToPrimary` asks for it. */
      readonly primary?: Measurement;
    }
  /** The first samples of the span are still on their way: nothing can be said of it yet. */
  | { readonly kind: 'pending'; readonly why: string }
  /** The query worked and there is nothing: no traffic, no series. */
  | { readonly kind: 'no-data'; readonly why: string }
  /** The store did not answer, or the answer is not usable (several series, NaN, bad query). */
  | { readonly kind: 'error'; readonly why: string; readonly outage: boolean };

/** Requests of both versions in the window that a built-in metric was computed from. */
export interface Counts {
  readonly canary: { readonly requests: number; readonly bad: number };
  readonly primary: { readonly requests: number; readonly bad: number };
}

/**
 * The canary's responses of at most, or above, a bound, and the primary's of at most, or above, the next
 * larger or smaller one: what differs by less than a bucket's width is no difference.
 */
export interface Shift {
  readonly side: 'at most' | 'above';
  /** In bytes. */
  readonly bound: number;
  readonly primaryBound: number;
  /** `bad` are those beyond the bound. */
  readonly counts: Counts;
}

/** Requests per second and error share of one version, for people. */
export interface VersionTraffic {
  readonly requestsPerSecond: number;
  /** 0 to 1; undefined without requests. */
  readonly errorShare: number | undefined;
  /** p99 in milliseconds; undefined without requests. */
  readonly p99: number | undefined;
}

export interface TrafficSeen {
  readonly canary: VersionTraffic;
  readonly primary: VersionTraffic;
  /** Age of the newest sweep in milliseconds. */
  readonly ageMs: number;
}

/** How the counters of a canary can be cut into blocks. Times in milliseconds. */
export interface CounterGrid {
  /** Counters are known at multiples of this since 1970, by the store's clock. */
  readonly edgeMs: number;
  /** Time between two samples of its workloads, as far as that was seen. */
  readonly scrapeMs: number;
  /** The store's clock less ours. */
  readonly clockMs: number;
  /** How long after an edge, by our clock, all samples before it can be read. */
  readonly lagMs: number;
}

/** Between two samples of a workload that nobody has called yet; most stores scrape at least as often. */
export const UNSEEN_SCRAPE_MS = 15_000;

/** What one version answered in a span of time. */
export interface CountedVersion {
  /** Those that callers cancelled are not among them. */
  readonly requests: number;
  readonly bad: number;
  /** Of the successful ones. */
  readonly durations?: CountedDurations;
}

export interface CountedDurations {
  readonly requests: number;
  /** For each finite bound of the histogram, in milliseconds: how many were not slower. */
  readonly within: readonly (readonly [bound: number, requests: number])[];
}

/** What both versions answered from one edge to the next; undefined: not sampled, which is not none. */
export interface CountedEdge {
  readonly to: number;
  readonly canary: CountedVersion | undefined;
  readonly primary: CountedVersion | undefined;
}

/** Edges of the store's clock. */
export interface WantedSpan {
  readonly from: number;
  /** At least so far. */
  readonly until: number;
  readonly edgeMs: number;
}

/** All edges between two, by the store's clock. */
export interface CountedSpan {
  readonly from: number;
  readonly edges: readonly CountedEdge[];
}

/** Workloads of both versions, in the Canary's namespace. */
export interface WorkloadNames {
  readonly canary: readonly string[];
  readonly primary: readonly string[];
}

/** A workload that a store has requests of, as their labels tell it; empty where there is no such label. */
export interface SeenWorkload {
  readonly reporter: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Telemetry {
  /**
   * Measures one metric of the analysis for the canary: a built-in from the last sweep, a
   * template by its own query. Counts only samples taken after `since` (ms). Never rejects: what
   * goes wrong is in the answer.
   */
  measure(canary: Canary, metric: CanaryMetric, since: number, now: number): Promise<Measurement>;
  /** Undefined before the first sweep of its server. */
  grid(canary: Canary): CounterGrid | undefined;
  /**
   * The counters of both versions, to the newest edge before which every sample must have arrived:
   * whoever asks, and whenever, hears the same. Undefined while that is not known as far as it is
   * wanted. Never rejects, and waits for no store that is slow. What a restarted process has not swept
   * itself is read from the store, as far back as it goes; of a very long span, the end.
   */
  counted(canary: Canary, wanted: WantedSpan): Promise<CountedSpan | undefined>;
  /**
   * How the requests since `since` (ms) were divided, from the last sweep: whoever sent them, by
   * whatever way. Undefined while there is nothing to go by.
   */
  share?(canary: Canary, since: number, now: number): Share | undefined;
  /**
   * The same for each caller, by a query of its own and up to half a minute old. Never rejects: nothing is
   * told then.
   */
  callers?(canary: Canary, since: number, now: number): Promise<readonly CallerShare[]>;
  /** From the last sweep; undefined when there is none or no series of this workload. */
  traffic(canary: Canary): TrafficSeen | undefined;
  /** Whether any `istio_*` series exists for this workload; undefined when that cannot be told. */
  isSeen(canary: Canary): Promise<boolean | undefined>;
  /**
   * From a write to when what is counted shows it, in milliseconds: istiod's p99 convergence time, 2000
   * where that metric does not exist.
   */
  convergenceMs(canary: Canary): number;
  /** Whether istiod spoke to proxies within the last hour, and speaks to none now. */
  controlPlaneAway(canary: Canary): boolean;
}
