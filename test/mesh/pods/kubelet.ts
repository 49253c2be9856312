import path from 'node:path';
import { behaviourOf } from '../../../src/sandbox/workloads/behaviour.ts';
import type { RawApi } from '../../cluster/kube/api-client.ts';
import type { Kubelet } from '../../cluster/kube/kubelet.ts';
import { ClusterNode, RETRY_MS } from '../../cluster/kube/node.ts';
import { podFate, type Pod } from '../../cluster/kube/pod-fate.ts';
import { podStatus } from '../../cluster/kube/pod-status.ts';
import { Container } from './container.ts';

const NODE = 'mesh-node';
/** A sidecar drains for five seconds; the proxies here know of an ending pod much sooner. */
const DRAIN_MS = 3000;
const GRACE_MS = 15_000;
const DEFAULT_PORT = 8080;

/**
 * Runs a real process for each pod, bound to the pod's own address, and reports its readiness. What
 * a version is like stands in its template, in the words of the sandbox (`SANDBOX_ERRORS: 5%`); the
 * image is its version. It is ready when `/readyz` says so, and crashes for good when told to at
 * `/crash`. `directory` takes what containers keep over their restarts.
 */
export async function startMeshKubelet(
  api: RawApi,
  report: (error: unknown) => void,
  directory: string,
): Promise<Kubelet> {
  const pods = new Map<string, RunningPod>();
  const node = await ClusterNode.join(api, NODE, report);
  node.follow(onChange);

  return {
    async stop() {
      const left = node.leave();
      await Promise.all([...pods.values()].map(({ container }) => container.end(0)));
      await left;
    },
  };

  function onChange(type: string, pod: Pod): void {
    const { uid } = pod.metadata;
    const known = pods.get(uid) ?? (type === 'DELETED' ? undefined : begin(pod));
    if (known === undefined) return;
    known.pod = pod;
    if (type === 'DELETED') {
      pods.delete(uid);
      void known.container.end(0);
    } else see(known);
  }

  function begin(pod: Pod): RunningPod | undefined {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && nodeName !== NODE) return undefined;
    const { uid } = pod.metadata;
    const address = node.newAddress();
    const container = new Container({
      address,
      port: portOf(pod),
      env: environmentOf(pod),
      state: path.join(directory, uid),
      onChange: () => {
        const known = pods.get(uid);
        if (known !== undefined) see(known);
      },
    });
    const known = { pod, address, container, turn: Promise.resolve(), written: '' };
    pods.set(uid, known);
    return known;
  }

  /** One write of a pod after the other: an older state must not arrive after a newer one. */
  function see(known: RunningPod): void {
    known.turn = known.turn
      .then(() => (node.hasLeft ? undefined : settle(known)))
      .catch((error: unknown) => tryAgain(known, error));
  }

  function tryAgain(known: RunningPod, error: unknown): void {
    if (!node.isWorthAnother(error)) return;
    known.written = '';
    setTimeout(() => pods.has(known.pod.metadata.uid) && see(known), RETRY_MS);
  }

  async function settle(known: RunningPod): Promise<void> {
    const { pod, container } = known;
    if (pod.metadata.deletionTimestamp !== undefined) {
      known.ended ??= container.end(GRACE_MS);
      await known.ended;
      return node.remove(pod);
    }
    if (pod.spec.nodeName === undefined && known.isBound !== true) {
      await node.bind(pod);
      known.isBound = true;
    }
    if (known.written === container.state) return;
    known.written = container.state;
    const waiting = container.state === 'crashed' ? 'CrashLoopBackOff' : undefined;
    const status = podStatus(pod, known.address, container.state === 'ready', waiting);
    await node.tell(pod, status);
  }
}

interface RunningPod {
  /** As it was last heard of. */
  pod: Pod;
  readonly address: string;
  readonly container: Container;
  /** Ends when its last write has. */
  turn: Promise<void>;
  /** The state that its status tells. */
  written: string;
  isBound?: boolean;
  /** Set once it was asked to end. */
  ended?: Promise<void>;
}

interface RunnableContainer {
  readonly image: string;
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

function containersOf({ spec }: Pod): readonly RunnableContainer[] {
  return spec.containers;
}

function portOf(pod: Pod): number {
  return containersOf(pod)[0]?.ports?.[0]?.containerPort ?? DEFAULT_PORT;
}

function environmentOf(pod: Pod): Record<string, string> {
  const variables = containersOf(pod).flatMap(({ env = [] }) => env);
  const given = Object.fromEntries(variables.map(({ name, value = '' }) => [name, value]));
  const { errors, latency, readyAfterMs } = behaviourOf(pod.metadata.annotations ?? {}, given);
  const isNeverReady = podFate(pod).neverReady || readyAfterMs === undefined;
  return {
    POD: pod.metadata.name,
    VERSION: containersOf(pod)[0]?.image ?? '',
    ERROR_SHARE: String(errors?.share ?? 0),
    ERROR_STATUS: String(errors?.status ?? 500),
    LATENCY_MS: String(latency.meanMs),
    READY_AFTER_MS: isNeverReady ? '1e12' : String(readyAfterMs),
    DRAIN_MS: String(DRAIN_MS),
  };
}
