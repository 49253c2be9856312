import type { KubeObject, ObjectMeta } from '../../../src/ports/cluster.ts';

/** The fields of a Pod that the pretended kubelet reads. */
export interface Pod extends KubeObject {
  metadata: ObjectMeta & { namespace: string; uid: string };
  spec: { nodeName?: string; containers: { name: string; image: string }[] };
}

/** What becomes of a pod. */
export interface PodFate {
  /** From the moment the kubelet sees it. */
  readyAfterMs: number;
  neverReady: boolean;
  /** Its containers wait with this reason instead of running, such as `CrashLoopBackOff`. */
  waitingReason: string | undefined;
  /** How long it takes to end once it is deleted. */
  endsAfterMs: number;
}

/** Annotations by which a pod, or the template it comes from, says its fate. */
export const FATE = {
  readyAfterMs: 'test.linnet.dev/ready-after-ms',
  neverReady: 'test.linnet.dev/never-ready',
  waitingReason: 'test.linnet.dev/waiting-reason',
  endsAfterMs: 'test.linnet.dev/ends-after-ms',
} as const;

/** Ready at once and gone at once, unless the pod's annotations say otherwise. */
export function podFate(pod: Pod): PodFate {
  const annotations = pod.metadata.annotations ?? {};
  return {
    readyAfterMs: Number(annotations[FATE.readyAfterMs] ?? 0),
    neverReady: annotations[FATE.neverReady] === 'true',
    waitingReason: annotations[FATE.waitingReason],
    endsAfterMs: Number(annotations[FATE.endsAfterMs] ?? 0),
  };
}
