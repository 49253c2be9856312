import type { CanaryAnalysis } from '../api/analysis.ts';
import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { TargetSeen } from '../ports/workload.ts';
import { isEnough } from './capacity.ts';
import { isCarried, type Observation } from './observation.ts';

/** What a rule or a phase looks at: the plan so far, the world, and the time. */
export interface Situation {
  readonly canary: Canary;
  readonly analysis: CanaryAnalysis;
  readonly status: CanaryStatus;
  readonly seen: Observation;
  readonly target: TargetSeen;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds of a stored time; undefined stays undefined. */
export function timeOf(text: string): number;
export function timeOf(text: string | undefined): number | undefined;
export function timeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** A stored due time has come. Without one, never. */
export function isDue(text: string | undefined, now: number): boolean {
  return text !== undefined && now >= Date.parse(text);
}

/** The target runs something else than what the plan speaks of. */
export function hasNewRevision({ status, target }: Situation): boolean {
  return target.revision !== status.revision;
}

export function weightOf(status: CanaryStatus): number {
  return status.step?.weight ?? 0;
}

/** Routes and destinations are what the stored plan demands, under its fences. */
export function routesCarried({ seen }: Situation): boolean {
  return isCarried(seen.routes.virtualService) && isCarried(seen.routes.destinationRules);
}

export function servicesCarried({ seen }: Situation): boolean {
  return isCarried(seen.services.object);
}

/** The canary has `needed` ready pods of the revision under analysis, and its Service knows them. */
export function canaryServes({ analysis, seen, target }: Situation, needed: number): boolean {
  const ready = Math.min(target.pods.ready, seen.services.canaryEndpoints);
  return isEnough(ready, needed, analysis.canaryReadyThreshold);
}

/** The primary conforms to the plan and has `needed` ready pods that its Service knows. */
export function primaryServes({ analysis, seen }: Situation, needed: number): boolean {
  const { primary } = seen.workload;
  if (primary === undefined || !isCarried(primary.object)) return false;
  const ready = Math.min(primary.pods.ready, seen.services.primaryEndpoints);
  return primary.pods.settled && isEnough(ready, needed, analysis.primaryReadyThreshold);
}

/** The stage has taken longer than `progressDeadlineSeconds`; time spent holding does not count. */
export function deadlinePassed({ canary, status, now }: Situation): boolean {
  const since = timeOf(status.stageSince);
  if (since === undefined) return false;
  return now - since - heldMs(status, now) >= canary.spec.progressDeadlineSeconds * 1000;
}

/** Milliseconds of this stage that were spent holding, the present hold included. */
export function heldMs(status: CanaryStatus, now: number): number {
  const running = status.hold === undefined ? 0 : now - timeOf(status.hold.since);
  return (status.heldMs ?? 0) + Math.max(0, running);
}
