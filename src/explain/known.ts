import type { Canary } from '../api/canary.ts';
import type { CountedSpan, Measurement } from '../ports/telemetry.ts';

/** All that was read for the case of a rollout; what could not be read says why. */
export interface Known {
  readonly canary: Canary;
  /** The cluster's clock, in milliseconds. */
  readonly now: number;
  /** The metrics store, as people may see it. */
  readonly store: string;
  /** Of both versions, in version mode, where the Canary does not name them. */
  readonly workloads?: readonly string[];
  /** What both versions answered, or why that is not known; undefined: there was nothing to ask. */
  readonly counted: CountedSpan | Unread | undefined;
  /** From when on the store has any samples, by its own clock; undefined: that could not be told. */
  readonly keptFrom: number | undefined;
  /** One for each metric of the analysis, in the order of the spec. */
  readonly asked: readonly AskedMetric[];
}

/** One sentence. */
export interface Unread {
  readonly why: string;
  /** It is not the metrics store that did not tell: whom to ask for was not to be found out. */
  readonly isUnnamed?: true;
}

/** A metric of the analysis, and what asking for it once more came to. */
export interface AskedMetric {
  /** Ready to be pasted; undefined where it cannot be resolved. */
  readonly query: string | undefined;
  readonly primaryQuery: string | undefined;
  /** Who answers it: `Prometheus at ...`, or the provider of its template. */
  readonly answeredBy: string;
  /** The moment it was asked for, by the store's clock in milliseconds. */
  readonly at: number | undefined;
  /** Undefined where it was not asked again. */
  readonly measured: Measurement | undefined;
  /** Why it was not resolved, or not asked. */
  readonly why: string | undefined;
}

/** Whether it was asked for in vain. */
export function isUnread(read: object | undefined): read is Unread {
  return read !== undefined && 'why' in read;
}
