import { isDeepStrictEqual } from 'node:util';
import type { KubeObjectInput } from '../apiserver/cluster-state.ts';
import { controllerReference } from './object-key.ts';
import type { Deployment, PodTemplate, ReplicaSet } from './resources.ts';
import { rollingBounds } from './rolling-update.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const TEMPLATE_HASH = 'pod-template-hash';

const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAXIMUM = 'deployment.kubernetes.io/max-replicas';
const NOT_INHERITED = [
  REVISION,
  DESIRED,
  MAXIMUM,
  'kubectl.kubernetes.io/last-applied-configuration',
];

/** Whether the ReplicaSet holds what the Deployment's template says now. */
export function hasTemplateOf(set: ReplicaSet, deployment: Deployment): boolean {
  return isDeepStrictEqual(withoutHash(set.spec.template), deployment.spec.template);
}

export function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

/** A revision without pods, that history may let go. */
export function isSurplusHistory(set: ReplicaSet): boolean {
  return set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0;
}

export function replicaSetFor(
  deployment: Deployment,
  replicas: number,
  revision: number,
  collisions: number,
): KubeObjectInput & { metadata: { name: string; namespace: string } } {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, collisions);
  const labels = { ...template.metadata?.labels, [TEMPLATE_HASH]: hash };
  const { name, namespace = '' } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: bookkeeping(deployment, revision),
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: {
        ...selector,
        matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash },
      },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The ReplicaSet at the size, with the annotations that go with the Deployment of now. */
export function withBookkeeping(
  set: ReplicaSet,
  deployment: Deployment,
  replicas: number,
  newest: number,
): ReplicaSet {
  const { minReadySeconds = 0 } = deployment.spec;
  const isSame = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
  // A rollback finds its old ReplicaSet again, which then becomes the newest revision.
  const revision = Math.max(revisionOf(set), newest);
  const annotations = { ...set.metadata.annotations, ...bookkeeping(deployment, revision) };
  return {
    ...set,
    metadata: { ...set.metadata, annotations },
    spec: { ...set.spec, replicas, ...(isSame ? {} : { minReadySeconds }) },
  };
}

function bookkeeping(deployment: Deployment, revision: number): Record<string, string> {
  const { replicas = 1, strategy = {} } = deployment.spec;
  const surge = strategy.type === 'Recreate' ? 0 : rollingBounds(replicas, strategy).surge;
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(
    ([name]) => !NOT_INHERITED.includes(name),
  );
  return {
    ...Object.fromEntries(inherited),
    [REVISION]: String(revision),
    [DESIRED]: String(replicas),
    [MAXIMUM]: String(replicas + surge),
  };
}

function withoutHash(template: PodTemplate): PodTemplate {
  const { [TEMPLATE_HASH]: _, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** In letters that spell no words, as Kubernetes writes it; the number is FNV-1a of the template. */
function templateHash(template: PodTemplate, collisions: number): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify([template, collisions]))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return Array.from(String(hash), (digit) => LETTERS[digit.charCodeAt(0) % LETTERS.length]).join(
    '',
  );
}

const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
