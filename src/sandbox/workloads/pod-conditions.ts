import type { Condition, Pod } from './resources.ts';

/** Whether it counts as a replica: it neither ends nor has ended. */
export function isActive(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && !hasEnded(pod);
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/**
 * Milliseconds until it has been ready for as long as the minimum, 0 when it has; undefined while
 * it is not ready.
 */
export function availableIn(pod: Pod, minimumMs: number, now: number): number | undefined {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return undefined;
  return Math.max(0, Date.parse(ready.lastTransitionTime ?? '') + minimumMs - now);
}

function readyCondition(pod: Pod): Condition | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready');
}
