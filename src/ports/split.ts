import type { Measurement } from './telemetry.ts';

/** Requests that both versions got, and how many of them the canary. */
export interface Share {
  readonly canary: number;
  readonly requests: number;
}

export interface CallerShare extends Share {
  /** `namespace/workload`, or `unknown` for whoever has no proxy of the mesh. */
  readonly name: string;
}

/** How the requests that came since a step began were divided between the versions. */
export interface SplitSeen extends Share {
  /** Who sent them, as far as the series tell. */
  readonly callers: readonly CallerShare[];
}

/** What a step is judged by. */
export interface StepEvidence {
  /** One for each metric of the analysis, in their order. */
  readonly measured: readonly Measurement[];
  /** Undefined where the weight is not to be seen in the share of the requests, or nothing is known. */
  readonly split: SplitSeen | undefined;
}
