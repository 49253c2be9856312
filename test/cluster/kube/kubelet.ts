import { setTimeout as delay } from 'node:timers/promises';
import { ApiFailure } from './api-client.ts';
import type { RawApi } from './api-client.ts';
import { podFate } from './pod-fate.ts';
import type { Pod, PodFate } from './pod-fate.ts';
import { podStatus } from './pod-status.ts';

const NODE = 'pretend-node';
const RETRY_MS = 200;
const GONE = 404;
/** Somebody else wrote the pod, or its namespace is being deleted. */
const OVERTAKEN = new Set([409, 403]);

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
  const stopped = new AbortController();
  const pods = new Map<string, KnownPod>();
  let addresses = 0;
  await registerNode(api, NODE);
  const loop = followPods(api, stopped.signal, onChange, report);

  return {
    async stop() {
      stopped.abort();
      for (const known of pods.values()) clearTimeout(known.timer);
      await loop;
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
    if (known.address === '') known.address = podAddress(addresses++);
    pods.set(uid, known);
    see(known);
  }

  /** Looks at the pod as it was last heard of, also when a timer that an older one set goes off. */
  function see(known: KnownPod): void {
    if (stopped.signal.aborted || !pods.has(known.pod.metadata.uid)) return;
    settle(known.pod, known).catch((error: unknown) => tryAgain(known, error));
  }

  /** No event need follow a write that failed: it is made again until the pod is gone. */
  function tryAgain(known: KnownPod, error: unknown): void {
    const status = error instanceof ApiFailure ? error.status : 0;
    if (status === GONE || stopped.signal.aborted) return;
    if (!OVERTAKEN.has(status)) report(error);
    known.written = '';
    lookLater(known, RETRY_MS);
  }

  function lookLater(known: KnownPod, ms: number): void {
    clearTimeout(known.timer);
    known.timer = setTimeout(() => see(known), ms);
  }

  async function settle(pod: Pod, known: KnownPod): Promise<void> {
    const fate = fateOf(pod);
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    if (pod.metadata.deletionTimestamp !== undefined) {
      known.endingSince ??= performance.now();
      const wait = fate.endsAfterMs - (performance.now() - known.endingSince);
      if (wait > 0) return lookLater(known, wait);
      const preconditions = { uid: pod.metadata.uid };
      return api.delete(path, { gracePeriodSeconds: 0, preconditions });
    }
    if (pod.spec.nodeName === undefined) {
      const target = { kind: 'Node', name: NODE };
      await api.create(`${path}/binding`, { metadata: { name: pod.metadata.name }, target });
    }
    const wait = fate.readyAfterMs - (performance.now() - known.since);
    const isReady = fate.waitingReason === undefined && !fate.neverReady && wait <= 0;
    const state = JSON.stringify([isReady, fate.waitingReason]);
    if (known.written !== state) {
      known.written = state;
      const status = podStatus(pod, known.address, isReady, fate.waitingReason);
      await api.patch(`${path}/status`, { status }, 'strategic');
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

/** Lists and watches for ever: whatever ends a watch only begins the next. */
export async function followPods(
  api: RawApi,
  signal: AbortSignal,
  onChange: (type: string, pod: Pod) => void,
  report: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const path = '/api/v1/pods';
      const list = await api.get<{ metadata: { resourceVersion: string }; items: Pod[] }>(path);
      for (const pod of list.items) onChange('LISTED', pod);
      const from = `${path}?resourceVersion=${list.metadata.resourceVersion}`;
      for await (const event of api.watch(from, signal)) {
        if (event.type === 'ERROR') break;
        if (event.type !== 'BOOKMARK') onChange(event.type, event.object as unknown as Pod);
      }
    } catch (error) {
      if (signal.aborted) return;
      report(error);
      await delay(RETRY_MS);
    }
  }
}

/** EndpointSlices stay empty until the node of their pods exists. */
export async function registerNode(api: RawApi, name: string): Promise<void> {
  await api.create('/api/v1/nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' },
    },
    status: {
      capacity: { cpu: '1000', memory: '1000Gi', pods: '10000' },
      allocatable: { cpu: '1000', memory: '1000Gi', pods: '10000' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.10' }],
    },
  });
}

/** The n-th address of the pods' range; they come round again after 64,000 pods. */
export function podAddress(n: number): string {
  const host = n % 64_000;
  return `10.244.${Math.floor(host / 250)}.${1 + (host % 250)}`;
}
