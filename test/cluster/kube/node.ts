import { setTimeout as delay } from 'node:timers/promises';
import { ApiFailure, type RawApi } from './api-client.ts';
import type { Pod } from './pod-fate.ts';

/** In milliseconds, after which what failed is tried again. */
export const RETRY_MS = 200;

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

/** The n-th address of the pods' range; they come round again after 64,000 pods. */
export function podAddress(n: number): string {
  const host = n % 64_000;
  return `10.244.${Math.floor(host / 250)}.${1 + (host % 250)}`;
}

/** Gives a pod to a node. */
export async function bindPod(api: RawApi, pod: Pod, node: string): Promise<void> {
  const target = { kind: 'Node', name: node };
  await api.create(`${pathOf(pod)}/binding`, { metadata: { name: pod.metadata.name }, target });
}

export async function tellPodStatus(api: RawApi, pod: Pod, status: object): Promise<void> {
  await api.patch(`${pathOf(pod)}/status`, { status }, 'strategic');
}

/** Lets go of a pod that has ended, and of no other of its name. */
export async function removePod(api: RawApi, pod: Pod): Promise<void> {
  const preconditions = { uid: pod.metadata.uid };
  await api.delete(pathOf(pod), { gracePeriodSeconds: 0, preconditions });
}

function pathOf({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
}

/** Whether a write failed because there is no such pod any more. */
export function isPodGone(error: unknown): boolean {
  return error instanceof ApiFailure && error.status === 404;
}

/** Whether it failed because somebody else wrote the pod, or its namespace is being deleted. */
export function isOvertaken(error: unknown): boolean {
  return error instanceof ApiFailure && [409, 403].includes(error.status);
}
