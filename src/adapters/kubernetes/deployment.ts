import type { KubeObject } from '../../ports/cluster.ts';
import type { PodsSeen } from '../../ports/workload.ts';
import { fingerprintOnce } from './fingerprint.ts';
import { at, isMap, listAt, mapAt, numberAt, textAt } from './json.ts';
import { Recent } from './recent.ts';

/** A raw pod template; nothing in it is dropped. */
export type Template = Readonly<Record<string, unknown>>;

export function templateOf(deployment: KubeObject): Template {
  return mapAt(deployment, 'spec', 'template');
}

export function replicasOf(deployment: KubeObject): number {
  return numberAt(deployment, 'spec', 'replicas') ?? 1;
}

export const NO_PODS: PodsSeen = { desired: 0, updated: 0, ready: 0, settled: false };

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
    ...(trouble !== undefined && { trouble }),
  };
}

/** Tells whether the status of a Deployment speaks of its present template. */
export class TemplateWitness {
  /** By UID: the template of which a status has spoken. */
  readonly #witnessed = new Recent<string>();

  isOfTemplate(deployment: KubeObject): boolean {
    const uid = deployment.metadata.uid ?? '';
    const print = fingerprintOnce(templateOf(deployment));
    if (isCurrent(deployment)) this.#witnessed.set(uid, print);
    return this.#witnessed.get(uid) === print;
  }
}

/** Whether the status has caught up with the newest generation. */
export function isCurrent(deployment: KubeObject): boolean {
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
