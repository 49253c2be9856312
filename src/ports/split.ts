/** How the requests that came since a step began were divided between the versions. */
export interface SplitSeen {
  readonly canary: number;
  /** Of both versions. */
  readonly requests: number;
  /** Who sent them, as far as the series tell. */
  readonly callers: readonly CallerSplit[];
}

export interface CallerSplit {
  /** `namespace/workload`, or `unknown` for whoever has no proxy of the mesh. */
  readonly name: string;
  readonly canary: number;
  readonly requests: number;
}
