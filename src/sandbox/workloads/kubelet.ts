import { isDeepStrictEqual } from 'node:util';
import type { ClusterState } from '../apiserver/cluster-state.ts';
import { behaviourOf } from './behaviour.ts';
import { containerMoment, type ContainerMoment } from './container-life.ts';
import { KeyedReconciler, type ReportError } from './keyed-reconciler.ts';
import { keyOf, splitKey } from './object-key.ts';
import { hasEnded } from './pod-conditions.ts';
import { podStatus } from './pod-status.ts';
import { NODES, PODS, type Pod } from './resources.ts';

export interface KubeletOptions {
  readonly report: ReportError;
  /** How long a pod goes on serving after its deletion, at most its grace period. Default 300. */
  readonly terminationMs?: number;
}

/** Plays scheduler and kubelet of a single node. Returns the function that ends it. */
export function startKubelet(cluster: ClusterState, options: KubeletOptions): () => void {
  const kubelet = new Kubelet(cluster, options.terminationMs ?? 300);
  const queue = new KeyedReconciler((key) => kubelet.reconcile(key), options.report);
  if (cluster.get(NODES, undefined, NODE) === undefined) registerNode(cluster);
  const unsubscribe = cluster.subscribe(PODS, ({ type, object }) => {
    if (type === 'DELETED') kubelet.forget(object.metadata.uid);
    else queue.enqueue(keyOf(object));
  });
  return () => {
    unsubscribe();
    queue.stop();
  };
}

const NODE = 'sandbox';
const NODE_IP = '10.0.0.1';

/** What a kubelet knows of a pod besides the object. Times in milliseconds since 1970. */
interface Life {
  readonly ip: string;
  readonly startedAt: number;
  endsAt?: number;
}

class Kubelet {
  readonly #cluster: ClusterState;
  readonly #terminationMs: number;
  readonly #lives = new Map<string, Life>();
  #addresses = 0;

  constructor(cluster: ClusterState, terminationMs: number) {
    this.#cluster = cluster;
    this.#terminationMs = terminationMs;
  }

  /** Answers in how many milliseconds the pod changes by itself. */
  reconcile(key: string): number | undefined {
    const { namespace, name } = splitKey(key);
    const pod = this.#cluster.get(PODS, namespace, name) as Pod | undefined;
    if (pod === undefined || hasEnded(pod)) return;
    const now = Date.now();
    const life = this.#lifeOf(pod, now);
    if (pod.metadata.deletionTimestamp !== undefined) return this.#end(pod, life, now);
    return this.#run(this.#schedule(pod), life, now);
  }

  forget(uid: string): void {
    this.#lives.delete(uid);
  }

  #lifeOf({ metadata }: Pod, now: number): Life {
    const life = this.#lives.get(metadata.uid) ?? { ip: this.#nextAddress(), startedAt: now };
    this.#lives.set(metadata.uid, life);
    return life;
  }

  /** Of 10.244.0.0/16, in order, without the first. */
  #nextAddress(): string {
    this.#addresses = (this.#addresses % 0xfffe) + 1;
    return `10.244.${this.#addresses >> 8}.${this.#addresses & 0xff}`;
  }

  #schedule(pod: Pod): Pod {
    if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod;
    const spec = { ...pod.spec, nodeName: NODE };
    return this.#cluster.replace(PODS, { ...pod, spec }) as Pod;
  }

  #run(pod: Pod, { ip, startedAt }: Life, now: number): number | undefined {
    const moment = momentOf(pod, now - startedAt);
    const status = podStatus({ pod, ip, hostIp: NODE_IP, startedAt, now, moment });
    if (!isDeepStrictEqual(status, pod.status)) {
      this.#cluster.replaceStatus(PODS, { ...pod, status });
    }
    if (typeof moment === 'string' || moment.until === undefined) return undefined;
    return startedAt + moment.until - now;
  }

  #end(pod: Pod, life: Life, now: number): number | undefined {
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000;
    life.endsAt ??= now + Math.min(this.#terminationMs, grace);
    if (now < life.endsAt) return life.endsAt - now;
    const { namespace, name, uid } = pod.metadata;
    this.#cluster.delete(PODS, namespace, name, {
      gracePeriodSeconds: 0,
      preconditions: { uid },
    });
    return undefined;
  }
}

function momentOf(pod: Pod, elapsed: number): ContainerMoment | string {
  try {
    return containerMoment(behaviourOf(pod), elapsed);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function registerNode(cluster: ClusterState): void {
  const node = cluster.create(NODES, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } },
    spec: {},
  });
  cluster.replaceStatus(NODES, {
    ...node,
    status: {
      addresses: [{ type: 'InternalIP', address: NODE_IP }],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      nodeInfo: { kubeletVersion: 'v1.34.0' },
    },
  });
}
