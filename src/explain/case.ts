import type { Outcome, Phase } from '../api/status.ts';
import { pinnedOf } from '../judge/guard/pins.ts';
import { type CheckCase, checkCases } from './check-case.ts';
import { endedRollout } from './ended-rollout.ts';
import { type GuardCase, guardCase } from './guard-case.ts';
import type { Known } from './known.ts';
import { missing } from './missing.ts';
import { otherwise } from './otherwise.ts';
import { replayOf } from './replay.ts';
import { type Moment, timelineOf } from './timeline.ts';

/**
 * Everything there is to say of one rollout, in the order in which people ask. It is a JSON value:
 * `linnet explain --output json` prints it as it is. Times are RFC 3339 of the cluster's clock.
 */
export interface Case {
  readonly canary: { readonly namespace: string; readonly name: string };
  /** The revision that was rolled out. */
  readonly revision?: string;
  /** The revision that served before, or serves now where the new one was promoted. */
  readonly primary?: string;
  readonly phase: Phase;
  /** `under-way` until it has ended. */
  readonly outcome: Outcome | 'under-way';
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly verdict?: string;
  readonly timeline: readonly Moment[];
  readonly guard: GuardCase;
  readonly checks: readonly CheckCase[];
  /** What evidence there was not, a sentence each. */
  readonly missing: readonly string[];
  /** What would have had to be different for another outcome, a sentence each. */
  readonly otherwise: readonly string[];
  /** When this was put together, and what was asked. */
  readonly asOf: string;
  readonly store: string;
}

/** Why there is no case; undefined where there is one. */
export function noCase(canary: Known['canary']): string | undefined {
  const { metadata, status } = canary;
  const name = `Canary ${metadata.namespace}/${metadata.name}`;
  if (status === undefined) return `${name} has not been looked at by a controller yet.`;
  if (status.startedAt !== undefined) return undefined;
  const why = status.verdict === undefined ? '' : `: ${status.verdict}`;
  return `Nothing of ${name} was rolled out yet; it is ${status.phase}${why}`;
}

/** @throws RangeError where `noCase` says why there is none. */
export function caseOf(known: Known): Case {
  const { canary, now, store } = known;
  const { status } = canary;
  if (status?.startedAt === undefined) throw new RangeError(noCase(canary));
  const pinned = pinnedOf(status.guard);
  const replay = pinned && replayOf(known, pinned);
  const ended = endedRollout(status);
  const checks = checkCases(known);
  const guard = guardCase(known, pinned, replay);
  const { revision, lastPromotedSpec, phase, startedAt, verdict } = status;
  const { namespace, name } = canary.metadata;
  return {
    canary: { namespace, name },
    ...(revision === undefined ? {} : { revision }),
    ...(lastPromotedSpec === undefined ? {} : { primary: lastPromotedSpec }),
    phase,
    outcome: ended?.outcome ?? 'under-way',
    startedAt,
    ...(ended === undefined ? {} : { endedAt: ended.endedAt }),
    ...(verdict === undefined ? {} : { verdict }),
    timeline: timelineOf(known, pinned, replay),
    guard,
    checks,
    missing: missing(known, pinned, replay, checks, guard),
    otherwise: otherwise(known, pinned, replay, checks),
    asOf: new Date(now).toISOString(),
    store,
  };
}
