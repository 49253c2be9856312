import type { KubeObject, OwnerReference } from '../apiserver/cluster-state.ts';

/** `namespace/name`: what a queue of one kind holds. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** The key of the controller of an object, when that is of the kind. */
export function ownerKey(object: KubeObject, kind: string): string | undefined {
  const owner = controllerOf(object);
  if (owner === undefined || owner.kind !== kind) return undefined;
  return `${object.metadata.namespace ?? ''}/${owner.name}`;
}

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The objects that this one controls. */
export function controlledBy<T extends KubeObject>(owner: KubeObject, objects: readonly T[]): T[] {
  return objects.filter((object) => controllerOf(object)?.uid === owner.metadata.uid);
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}
