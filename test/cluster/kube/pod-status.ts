import type { Pod } from './pod-fate.ts';

/** The status a kubelet reports for a pod that it has started. */
export function podStatus(
  pod: Pod,
  address: string,
  isReady: boolean,
  waitingReason: string | undefined,
): Record<string, unknown> {
  const now = new Date().toISOString();
  const condition = (type: string, isTrue: boolean) => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: now,
    ...(isTrue ? {} : { reason: 'ContainersNotReady' }),
  });
  return {
    phase:
      waitingReason === undefined || waitingReason === 'CrashLoopBackOff' ? 'Running' : 'Pending',
    hostIP: '10.0.0.10',
    podIP: address,
    podIPs: [{ ip: address }],
    startTime: now,
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', isReady),
      condition('Ready', isReady),
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: `test://${image}`,
      ready: isReady,
      ...containerState(waitingReason, now),
    })),
  };
}

function containerState(waitingReason: string | undefined, now: string): Record<string, unknown> {
  if (waitingReason === undefined) {
    return { started: true, restartCount: 0, state: { running: { startedAt: now } } };
  }
  const waiting = { state: { waiting: { reason: waitingReason } }, started: false };
  if (waitingReason !== 'CrashLoopBackOff') return { ...waiting, restartCount: 0 };
  const terminated = { exitCode: 1, reason: 'Error', startedAt: now, finishedAt: now };
  return { ...waiting, restartCount: 3, lastState: { terminated } };
}
