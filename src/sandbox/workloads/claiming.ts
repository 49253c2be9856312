import type {
  ClusterState,
  JsonObject,
  KubeObject,
  ResourceKind,
} from '../apiserver/cluster-state.ts';
import { matchesSelector } from './label-selector.ts';
import { controllerOf, controllerReference, keyOf, ownerKey } from './object-key.ts';
import type { LabelSelector } from './resources.ts';

interface Selecting extends KubeObject {
  spec: JsonObject & { selector: LabelSelector };
}

/**
 * The objects that belong to the owner by its selector: those it controls, and orphans, which it
 * adopts. What it controls and no longer selects is let go.
 */
export function claim(cluster: ClusterState, owner: Selecting, kind: ResourceKind): KubeObject[] {
  const { namespace, uid } = owner.metadata;
  return cluster.list(kind, namespace).flatMap((object) => {
    const { labels, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    if (controller !== undefined && controller.uid !== uid) return [];
    const isSelected = matchesSelector(owner.spec.selector, labels);
    if (controller !== undefined)
      return isSelected ? [object] : letGo(cluster, owner, kind, object);
    const isFree = isSelected && deletionTimestamp === undefined;
    return isFree ? [adopt(cluster, owner, kind, object)] : [];
  });
}

/** The keys of those that have to look at the object: its controller, or whoever may adopt it. */
export function claimants(
  cluster: ClusterState,
  object: KubeObject,
  owners: { readonly kind: string; readonly resource: ResourceKind },
): string[] {
  const owner = ownerKey(object, owners.kind);
  if (owner !== undefined) return [owner];
  if (controllerOf(object) !== undefined) return [];
  const { namespace, labels } = object.metadata;
  const all = cluster.list(owners.resource, namespace) as Selecting[];
  return all.filter(({ spec }) => matchesSelector(spec.selector, labels)).map(keyOf);
}

function letGo(
  cluster: ClusterState,
  { metadata: { uid } }: KubeObject,
  kind: ResourceKind,
  object: KubeObject,
): [] {
  const { ownerReferences = [] } = object.metadata;
  const others = ownerReferences.filter((owner) => owner.uid !== uid);
  cluster.replace(kind, withOwners(object, others));
  return [];
}

function adopt(
  cluster: ClusterState,
  owner: KubeObject,
  kind: ResourceKind,
  object: KubeObject,
): KubeObject {
  const { ownerReferences = [] } = object.metadata;
  const owners = [...ownerReferences, controllerReference(owner)];
  return cluster.replace(kind, withOwners(object, owners));
}

function withOwners(
  object: KubeObject,
  ownerReferences: KubeObject['metadata']['ownerReferences'],
) {
  const { ownerReferences: _, ...metadata } = object.metadata;
  return {
    ...object,
    metadata: { ...metadata, ...(ownerReferences?.length && { ownerReferences }) },
  };
}
