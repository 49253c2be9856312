import type { Canary } from '../api/canary.ts';
import type { CanaryMetric } from '../api/metrics.ts';

/** A number from a metrics store, or why there is none (DESIGN, law 6: three different things). */
export type Measurement =
  | {
      readonly kind: 'value';
      readonly value: number;
      readonly counts?: Counts;
      /** The same metric of the primary, where `compareToPrimary` asks for it. */
      readonly primary?: Measurement;
    }
  /** The query worked and there is nothing: no traffic, no series. */
  | { readonly kind: 'no-data'; readonly why: string }
  /** The store did not answer, or the answer is not usable (several series, NaN, bad query). */
  | { readonly kind: 'error'; readonly why: string; readonly outage: boolean };

/** Requests of both versions in the window that a built-in metric was computed from. */
export interface Counts {
  readonly canary: { readonly requests: number; readonly bad: number };
  readonly primary: { readonly requests: number; readonly bad: number };
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

export interface Telemetry {
  /**
   * Measures one metric of the analysis for the canary: a built-in from the last sweep, a
   * template by its own query. Counts only samples taken after `since` (ms). Never rejects: what
   * goes wrong is in the answer.
   */
  measure(canary: Canary, metric: CanaryMetric, since: number, now: number): Promise<Measurement>;
  /** From the last sweep; undefined when there is none or no series of this workload. */
  traffic(canary: Canary): TrafficSeen | undefined;
  /** Whether any `istio_*` series exists for this workload; undefined when that cannot be told. */
  isSeen(canary: Canary): Promise<boolean | undefined>;
  /** istiod's p99 convergence time in milliseconds, 2000 where that metric does not exist. */
  convergenceMs(canary: Canary): number;
  /** Whether istiod spoke to proxies within the last hour, and speaks to none now. */
  controlPlaneAway(canary: Canary): boolean;
}
