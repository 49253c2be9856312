import type { GuardPins } from '../api/guard-pins.ts';
import type { Check, Fenced } from '../api/status.ts';
import type { HookAnswer } from '../ports/hooks.ts';
import type { ObjectSeen } from '../ports/intent.ts';
import type { RoutesSeen } from '../ports/router.ts';
import type { ServicesSeen } from '../ports/services.ts';
import type { Problem, WorkloadSeen } from '../ports/workload.ts';

/** All that a decision may know of the world, read before it and never during it. */
export interface Observation {
  readonly workload: WorkloadSeen;
  readonly services: ServicesSeen;
  readonly routes: RoutesSeen;
  readonly mesh: MeshSeen;
  /** Present when the step is judged now. */
  readonly verdict: Verdict | undefined;
  /** Absent where no guard is asked for, or nothing is known to judge by. */
  readonly guard?: GuardSeen | undefined;
  readonly gates: readonly HookAnswer[];
  /** Messages that providers have accepted since the status was read. */
  readonly accepted: readonly Accepted[];
  /** What preflight found; undefined when it did not look this time. */
  readonly findings: readonly Finding[] | undefined;
  /** Alerts that could not be sent; undefined when that cannot be told at the moment. */
  readonly alerts: readonly Problem[] | undefined;
  /** Writes that the API server refused for good the last time this canary was acted on. */
  readonly refusals: readonly Problem[];
  /** Whether the controller itself is configured with a provider for every message. */
  readonly defaultProvider: boolean;
}

export interface MeshSeen {
  /** Milliseconds until a written route is obeyed everywhere. */
  readonly convergenceMs: number;
  /** Milliseconds that requests under way need to end once no new ones come. */
  readonly drainMs: number;
  /** Whether metrics say that the canary receives nothing; undefined when they cannot say it. */
  readonly canaryQuiet: boolean | undefined;
  /** istiod was measured lately and is not any more; absent where nobody asks that. */
  readonly controlPlaneAway?: boolean;
}

export interface Verdict {
  readonly outcome: 'pass' | 'fail' | 'hold';
  readonly checks: readonly Check[];
  /** One line with its numbers, for a person. */
  readonly line: string;
}

/** The continuous comparison with the primary, as of the newest block. */
export interface GuardSeen {
  /** What its evidence is to follow from, but for the weights. */
  readonly basis: GuardPins;
  /** Undefined while there is nothing to compare. */
  readonly ruling: GuardRuling | undefined;
}

export interface GuardRuling {
  readonly outcome: 'rollback' | 'hold' | 'pass';
  /** One line with its numbers, for a person. */
  readonly line: string;
  /** The primary breaks its SLO as well: nothing that is measured now accuses the canary. */
  readonly isSharedOutage: boolean;
}

/**
 * Number and time together name a message: a Canary that was made anew, or whose status was lost,
 * counts from 1 again.
 */
export interface Accepted {
  readonly n: number;
  /** `at` of the message. */
  readonly written: string;
  readonly provider: string;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

export interface Finding {
  readonly reason: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
}

/** The objects under each fence, as they were seen. */
export function seenByFence(seen: Omit<Observation, 'verdict'>): Record<Fenced, ObjectSeen> {
  const { primary, target } = seen.workload;
  return {
    virtualService: seen.routes.virtualService,
    destinationRules: seen.routes.destinationRules,
    services: seen.services.object,
    target: target?.object ?? UNNEEDED,
    primary: primary?.object ?? UNNEEDED,
    autoscaler: primary?.autoscaler ?? UNNEEDED,
  };
}

const UNNEEDED: ObjectSeen = { conformity: 'unneeded', stamp: 0 };

/** The content is what the stored status demands and carries its fence: the plan was carried out. */
export function isCarried(object: ObjectSeen): boolean {
  return object.conformity === 'conforms' || object.conformity === 'unneeded';
}

/** Whether the whole cluster is as the stored plan demands, so that there is nothing to write. */
export function isAllCarried(seen: Omit<Observation, 'verdict'>): boolean {
  return Object.values(seenByFence(seen)).every(isCarried);
}
