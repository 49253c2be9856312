import { setTimeout as delay } from 'node:timers/promises';
import { ApiFailure, type RawApi } from './api-client.ts';
import type { Pod } from './pod-fate.ts';

/** In milliseconds, after which what failed is tried again. */
export const RETRY_MS = 200;

/** A node of a cluster, as whoever plays its kubelet speaks for it. */
export class ClusterNode {
  readonly #api: RawApi;
  readonly #name: string;
  readonly #report: (error: unknown) => void;
  readonly #left = new AbortController();
  #followed: Promise<void> = Promise.resolve();
  #addresses = 0;

  private constructor(api: RawApi, name: string, report: (error: unknown) => void) {
    this.#api = api;
    this.#name = name;
    this.#report = report;
  }

  /** `report` gets what could not be done; the node goes on in any case. */
  static async join(
    api: RawApi,
    name: string,
    report: (error: unknown) => void,
  ): Promise<ClusterNode> {
    await registerNode(api, name);
    return new ClusterNode(api, name, report);
  }

  get hasLeft(): boolean {
    return this.#left.signal.aborted;
  }

  /** Tells of every pod and every change of one, until the node leaves. */
  follow(onChange: (type: string, pod: Pod) => void): void {
    this.#followed = followPods(this.#api, this.#left.signal, onChange, this.#report);
  }

  async leave(): Promise<void> {
    this.#left.abort();
    await this.#followed;
  }

  newAddress(): string {
    return podAddress(this.#addresses++);
  }

  /** Takes a pod that has no node yet. */
  async bind(pod: Pod): Promise<void> {
    const target = { kind: 'Node', name: this.#name };
    const { name } = pod.metadata;
    await this.#api.create(`${pathOf(pod)}/binding`, { metadata: { name }, target });
  }

  async tell(pod: Pod, status: object): Promise<void> {
    await this.#api.patch(`${pathOf(pod)}/status`, { status }, 'strategic');
  }

  /** Lets go of a pod that has ended, and of no other of its name. */
  async remove(pod: Pod): Promise<void> {
    const preconditions = { uid: pod.metadata.uid };
    await this.#api.delete(pathOf(pod), { gracePeriodSeconds: 0, preconditions });
  }

  /** Whether a write that failed is to be made again, since no event need follow it. */
  isWorthAnother(error: unknown): boolean {
    const status = error instanceof ApiFailure ? error.status : 0;
    if (status === GONE || this.hasLeft) return false;
    if (!OVERTAKEN.has(status)) this.#report(error);
    return true;
  }
}

const GONE = 404;
/** Somebody else wrote the pod, or its namespace is being deleted. */
const OVERTAKEN = new Set([409, 403]);

function pathOf({ metadata }: Pod): string {
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
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

/** Lists and watches for ever: whatever ends a watch only begins the next. */
async function followPods(
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
function podAddress(n: number): string {
  const host = n % 64_000;
  return `10.244.${Math.floor(host / 250)}.${1 + (host % 250)}`;
}
