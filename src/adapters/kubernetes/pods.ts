import type { Canary } from '../../api/canary.ts';
import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import type { PodsSeen } from '../../ports/workload.ts';
import { replicasOf, templateOf } from './deployment.ts';
import { fingerprintOnce } from './fingerprint.ts';
import { at, isMap, listAt, mapAt, numberAt, textAt } from './json.ts';
import { podTrouble } from './pod-trouble.ts';
import { Recent } from './recent.ts';

export const NO_PODS: PodsSeen = { desired: 0, updated: 0, ready: 0, settled: false };

/** Counts pods, and remembers what the counting needs to know from earlier. */
export class Pods {
  readonly #now: () => number;
  /** By UID: the template of which a Deployment's status has spoken. */
  readonly #witnessed = new Recent<string>();
  /** By UID: what the pods said when they were last asked. */
  readonly #said = new Recent<{ readonly version: string | undefined; readonly text?: string }>();

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async of(canary: Canary, deployment: KubeObject, reader: ClusterReader): Promise<PodsSeen> {
    const pods = podsOf(deployment, this.#isOfTemplate(deployment));
    if (pods.ready >= pods.desired || !isLate(canary, this.#now())) return pods;
    const trouble = (await this.#complaint(deployment, reader)) ?? pods.trouble;
    return trouble === undefined ? pods : { ...pods, trouble };
  }

  #isOfTemplate(deployment: KubeObject): boolean {
    const uid = deployment.metadata.uid ?? '';
    const print = fingerprintOnce(templateOf(deployment));
    if (isCurrent(deployment)) this.#witnessed.set(uid, print);
    return this.#witnessed.get(uid) === print;
  }

  /** Asks the pods once for each version of the Deployment; it is for people, so it may fail. */
  async #complaint(deployment: KubeObject, reader: ClusterReader): Promise<string | undefined> {
    const { uid = '', resourceVersion: version } = deployment.metadata;
    const said = this.#said.get(uid);
    if (said?.version === version) return said?.text;
    const text = await podTrouble(deployment, reader).catch(() => undefined);
    this.#said.set(uid, { version, ...(text !== undefined && { text }) });
    return text;
  }
}

/** Pods are read only when their rollout is about to be given up because of them. */
function isLate({ spec, status }: Canary, now: number): boolean {
  if (status?.stageSince === undefined) return false;
  const deadline = Date.parse(status.stageSince) + spec.progressDeadlineSeconds * 1000;
  return now >= deadline - ASK_BEFORE_MS;
}

const ASK_BEFORE_MS = 20_000;

/**
 * The pods as the Deployment's status counts them. How many of them its Service can reach is told
 * by `ServicesSeen`; whoever needs pods that serve takes the lesser.
 *
 * `isOfTemplate`: whether the status speaks of the present template. It does when it has caught up
 * with the newest generation, and also when that generation only changed the replicas: ready pods
 * do not vanish because there shall be more of them.
 */
export function podsOf(deployment: KubeObject, isOfTemplate: boolean): PodsSeen {
  const status = mapAt(deployment, 'status');
  const count = (field: string) => numberAt(status, field) ?? 0;
  const desired = replicasOf(deployment);
  const updated = isOfTemplate ? count('updatedReplicas') : 0;
  const old = count('replicas') - updated;
  const trouble = troubleOf(deployment);
  return {
    desired,
    updated,
    // The status does not say which of the ready pods are old: assume that all old ones are.
    ready: Math.max(0, Math.min(updated, count('readyReplicas') - old)),
    settled:
      isCurrent(deployment) &&
      old === 0 &&
      [updated, count('availableReplicas')].every((replicas) => replicas === desired),
    ...(!isOfTemplate && { uncounted: true as const }),
    ...(trouble !== undefined && { trouble }),
  };
}

/** Whether the status has caught up with the newest generation. */
function isCurrent(deployment: KubeObject): boolean {
  const observed = numberAt(deployment, 'status', 'observedGeneration') ?? 0;
  return observed >= (deployment.metadata.generation ?? 0);
}

/** What the Deployment's own conditions complain of. */
function troubleOf(deployment: KubeObject): string | undefined {
  const conditions = listAt(deployment, 'status', 'conditions').filter(isMap);
  const bad = conditions.find(isComplaint);
  if (bad === undefined) return undefined;
  const reason = textAt(bad, 'reason') ?? 'unknown reason';
  const message = textAt(bad, 'message');
  const name = `Deployment ${deployment.metadata.name}`;
  return message === undefined ? `${name}: ${reason}` : `${name}: ${reason}: ${message}`;
}

function isComplaint(condition: Readonly<Record<string, unknown>>): boolean {
  const [type, status] = [at(condition, 'type'), at(condition, 'status')];
  return (
    (type === 'Progressing' &&
      status === 'False' &&
      at(condition, 'reason') !== 'DeploymentPaused') ||
    (type === 'ReplicaFailure' && status === 'True')
  );
}
