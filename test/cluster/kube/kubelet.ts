import type { RawApi } from './api-client.ts';
import { ClusterNode, RETRY_MS } from './node.ts';
import { podFate, type Pod, type PodFate } from './pod-fate.ts';
import { podStatus } from './pod-status.ts';

const NODE = 'pretend-node';

/**
 * Makes pods of a cluster run without running anything: binds each to its only node, gives it an
 * address of 10.244.0.0/16 and the status that `fateOf` says, and lets go of it on deletion.
 * A pod's fate is looked at anew at each of its changes.
 */
export interface Kubelet {
  stop(): Promise<void>;
}

/** `report` gets what it could not do; it goes on in any case. */
export async function startKubelet(
  api: RawApi,
  report: (error: unknown) => void,
  fateOf: (pod: Pod) => PodFate = podFate,
): Promise<Kubelet> {
  const pods = new Map<string, KnownPod>();
  const node = await ClusterNode.join(api, NODE, report);
  node.follow(onChange);

  return {
    async stop() {
      for (const known of pods.values()) clearTimeout(known.timer);
      await node.leave();
    },
  };

  function onChange(type: string, pod: Pod): void {
    const { uid } = pod.metadata;
    const known = pods.get(uid) ?? { pod, since: performance.now(), address: '', written: '' };
    clearTimeout(known.timer);
    if (type === 'DELETED') {
      pods.delete(uid);
      return;
    }
    known.pod = pod;
    if (known.address === '') known.address = node.newAddress();
    pods.set(uid, known);
    see(known);
  }

  /** Looks at the pod as it was last heard of, also when a timer that an older one set goes off. */
  function see(known: KnownPod): void {
    if (node.hasLeft || !pods.has(known.pod.metadata.uid)) return;
    settle(known.pod, known).catch((error: unknown) => tryAgain(known, error));
  }

  function tryAgain(known: KnownPod, error: unknown): void {
    if (!node.isWorthAnother(error)) return;
    known.written = '';
    lookLater(known, RETRY_MS);
  }

  function lookLater(known: KnownPod, ms: number): void {
    clearTimeout(known.timer);
    known.timer = setTimeout(() => see(known), ms);
  }

  async function settle(pod: Pod, known: KnownPod): Promise<void> {
    const fate = fateOf(pod);
    if (pod.metadata.deletionTimestamp !== undefined) {
      known.endingSince ??= performance.now();
      const wait = fate.endsAfterMs - (performance.now() - known.endingSince);
      if (wait > 0) return lookLater(known, wait);
      return node.remove(pod);
    }
    if (pod.spec.nodeName === undefined) await node.bind(pod);
    const wait = fate.readyAfterMs - (performance.now() - known.since);
    const isReady = fate.waitingReason === undefined && !fate.neverReady && wait <= 0;
    const state = JSON.stringify([isReady, fate.waitingReason]);
    if (known.written !== state) {
      known.written = state;
      const status = podStatus(pod, known.address, isReady, fate.waitingReason);
      await node.tell(pod, status);
    }
    if (!isReady && wait > 0 && Number.isFinite(wait)) lookLater(known, wait);
  }
}

interface KnownPod {
  /** As it was last heard of. */
  pod: Pod;
  /** On the clock of `performance.now()`. */
  since: number;
  endingSince?: number;
  address: string;
  /** What its status says, so that nothing is written twice. */
  written: string;
  timer?: NodeJS.Timeout;
}
