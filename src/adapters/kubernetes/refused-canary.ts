import { isDeepStrictEqual } from 'node:util';
import { planVersionOf } from '../../api/parse.ts';
import { type Problem, problemSentence } from '../../api/problem.ts';
import type { CanaryKey, Stall } from '../../ports/canaries.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { isMap, listAt, mapAt, textAt } from './json.ts';

/** A Canary whose content is not allowed, or of a version that this Linnet does not know. */
export interface RefusedCanary {
  readonly key: CanaryKey;
  readonly why: Stall;
}

export function refusedFor(key: CanaryKey, problems: readonly Problem[]): RefusedCanary {
  const message = problems.map(problemSentence).join('; ');
  return { key, why: { reason: 'InvalidSpec', message } };
}

/** What a status must have in any case, and nothing else. */
export function stubStatus(planVersion: number): { phase: 'Initializing'; planVersion: number } {
  return { phase: 'Initializing', planVersion };
}

/**
 * The status that says why nothing is done; the rest of it stays. Undefined when there is nothing to
 * write: it says so already, or a newer Linnet wrote it, and will know what it means.
 */
export function stalledStatus(
  object: KubeObject,
  why: Stall,
  at: string,
  planVersion: number,
): Record<string, unknown> | undefined {
  if (planVersionOf(object) > planVersion) return undefined;
  const before = { ...stubStatus(planVersion), ...mapAt(object, 'status') };
  const generation = object.metadata.generation ?? 0;
  const conditions = conditionsOf(before, why, generation, at);
  const status = { ...before, observedGeneration: generation, conditions };
  return isDeepStrictEqual(status, object['status']) ? undefined : status;
}

const STANDING = { Ready: 'False', Reconciling: 'False', Stalled: 'True' };

function conditionsOf(
  status: Readonly<Record<string, unknown>>,
  why: Stall,
  observedGeneration: number,
  at: string,
): unknown[] {
  const known = listAt(status, 'conditions').filter(isMap);
  const others = known.filter(({ type }) => !(String(type) in STANDING));
  const own = Object.entries(STANDING).map(([type, value]) => {
    const old = known.find((condition) => condition['type'] === type);
    const message = why.message.slice(0, LONGEST_MESSAGE);
    const bare = { type, status: value, reason: why.reason, message, observedGeneration };
    const same = Object.entries(bare).every(([field, now]) => old?.[field] === now);
    const since = textAt(old, 'status') === value ? textAt(old, 'lastTransitionTime') : undefined;
    return same ? old : { ...bare, lastUpdateTime: at, lastTransitionTime: since ?? at };
  });
  return [...own, ...others];
}

const LONGEST_MESSAGE = 2048;
