import { isDeepStrictEqual } from 'node:util';
import type { ClusterState } from '../apiserver/cluster-state.ts';
import { behaviourOf, type Behaviour } from './behaviour.ts';
import { environmentOf, type NotStarted } from './container-environment.ts';
import { containerMoment, type ContainerMoment } from './container-life.ts';
import { KeyedReconciler, type ReportError } from './keyed-reconciler.ts';
import { keyOf, splitKey } from './object-key.ts';
import { hasEnded } from './pod-conditions.ts';
import { podStatus } from './pod-status.ts';
import { CONFIG_MAPS, NODES, PODS, SECRETS, type Pod } from './resources.ts';

export interface KubeletOptions {
  readonly report: ReportError;
  /** How long a pod goes on serving after its deletion, at most its grace period. Default 300. */
  readonly terminationMs?: number;
}

/** The part of a node that runs pods. */
export interface RunningKubelet {
  /** How a pod behaves since its containers started; undefined for one that has not. */
  behaviourOf(pod: Pod): Behaviour | undefined;
  stop(): void;
}

/** Plays scheduler and kubelet of a single node. */
export function startKubelet(cluster: ClusterState, options: KubeletOptions): RunningKubelet {
  const kubelet = new Kubelet(cluster, options.terminationMs ?? 300);
  const queue = new KeyedReconciler((key) => kubelet.reconcile(key), options.report);
  if (cluster.get(NODES, undefined, NODE) === undefined) registerNode(cluster);
  const retry = () => {
    for (const key of kubelet.waitingForConfigs()) queue.enqueue(key);
  };
  const endings = [
    cluster.subscribe(PODS, ({ type, object }) => {
      if (type === 'DELETED') kubelet.forget(object.metadata.uid);
      else queue.enqueue(keyOf(object));
    }),
    cluster.subscribe(CONFIG_MAPS, retry),
    cluster.subscribe(SECRETS, retry),
  ];
  return {
    behaviourOf: ({ metadata }) => kubelet.behaviourOf(metadata.uid),
    stop: () => {
      for (const end of endings) end();
      queue.stop();
    },
  };
}

const NODE = 'sandbox';
const NODE_IP = '10.0.0.1';

/** What a kubelet knows of a pod besides the object. Times in milliseconds since 1970. */
interface Life {
  readonly key: string;
  readonly ip: string;
  readonly admittedAt: number;
  /** Since its containers could start. */
  started?: { readonly at: number; readonly behaviour: Behaviour };
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

  behaviourOf(uid: string): Behaviour | undefined {
    return this.#lives.get(uid)?.started?.behaviour;
  }

  waitingForConfigs(): string[] {
    const waiting = [...this.#lives.values()].filter(({ started }) => started === undefined);
    return waiting.map(({ key }) => key);
  }

  #lifeOf(pod: Pod, now: number): Life {
    const { uid } = pod.metadata;
    const fresh = () => ({ key: keyOf(pod), ip: this.#nextAddress(), admittedAt: now });
    const life = this.#lives.get(uid) ?? fresh();
    this.#lives.set(uid, life);
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

  #run(pod: Pod, life: Life, now: number): number | undefined {
    const { ip, admittedAt } = life;
    const moment = this.#momentOf(pod, life, now);
    const startedAt = life.started?.at ?? admittedAt;
    const status = podStatus({ pod, ip, hostIp: NODE_IP, startedAt, now, moment });
    if (!isDeepStrictEqual(status, pod.status)) {
      this.#cluster.replaceStatus(PODS, { ...pod, status });
    }
    if ('reason' in moment || moment.until === undefined) return undefined;
    return startedAt + moment.until - now;
  }

  /** Containers start with the configuration of that moment, and keep it. */
  #momentOf(pod: Pod, life: Life, now: number): ContainerMoment | NotStarted {
    if (life.started === undefined) {
      const environment = environmentOf(this.#cluster, pod);
      if ('notStarted' in environment) return environment.notStarted;
      try {
        const behaviour = behaviourOf(pod.metadata.annotations ?? {}, environment.variables);
        life.started = { at: now, behaviour };
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        return { reason: 'CreateContainerConfigError', message };
      }
    }
    return containerMoment(life.started.behaviour, now - life.started.at);
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
