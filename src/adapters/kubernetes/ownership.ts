import { CANARY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { API_VERSION, CANARIES } from '../../api/group.ts';
import type { KubeObject, OwnerReference } from '../../ports/cluster.ts';
import { owned, type OwnedField } from './owned-fields.ts';

/**
 * Without `blockOwnerDeletion`: it would need the right to write the finalizers of Canaries, and
 * protects nothing here.
 */
export function ownerReference(canary: Canary): OwnerReference {
  const { name, uid } = canary.metadata;
  return { apiVersion: API_VERSION, kind: CANARIES.kind, name, uid, controller: true };
}

export function isOwned(object: KubeObject, canary: Canary): boolean {
  return ownersOf(object).some(({ uid }) => uid === canary.metadata.uid);
}

/**
 * Whether an object that Linnet would make is ours or may become ours: an earlier Canary of this
 * name made it, Flagger's included (a team that moves over, a restored cluster).
 */
export function isAdoptable(object: KubeObject, canary: Canary): boolean {
  if (isOwned(object, canary) || ownersOf(object).some((owner) => isNamesake(owner, canary))) {
    return true;
  }
  const isOrphan = !ownersOf(object).some(({ controller }) => controller === true);
  return isOrphan && object.metadata.annotations?.[CANARY] === canary.metadata.name;
}

/** `Deployment web-primary belongs to ReplicaSet x`, for people. */
export function whoseText(object: KubeObject): string {
  const owner = ownersOf(object).find(({ controller }) => controller === true);
  const whose =
    owner === undefined ? 'was not made by Linnet' : `belongs to ${owner.kind} ${owner.name}`;
  return `${object.kind} ${object.metadata.name} ${whose}`;
}

/** The fields that make an object ours; the owners it has besides an earlier Canary stay. */
export function ownershipFields(live: KubeObject | undefined, canary: Canary): OwnedField[] {
  return [
    owned(ownersWith(live, canary), 'metadata', 'ownerReferences'),
    owned(canary.metadata.name, 'metadata', 'annotations', CANARY),
  ];
}

/** On everything that is pinned for a Canary, so that it can be listed. */
export function pinLabels(canary: Canary): Record<string, string> {
  return { [CANARY]: labelValue(canary.metadata.name) };
}

/** Finds what `pinLabels` marks; may find that of a Canary with a similar, very long name too. */
export function pinSelector(canary: Canary): string {
  return `${CANARY}=${labelValue(canary.metadata.name)}`;
}

/** Labels are shorter than names. */
function labelValue(name: string): string {
  return name.slice(0, 63).replace(/[^a-z0-9]+$/, '');
}

function ownersWith(live: KubeObject | undefined, canary: Canary): OwnerReference[] {
  const owners = live === undefined ? [] : ownersOf(live);
  if (owners.some(({ uid }) => uid === canary.metadata.uid)) return [...owners];
  return [...owners.filter((owner) => !isNamesake(owner, canary)), ownerReference(canary)];
}

function ownersOf(object: KubeObject): readonly OwnerReference[] {
  return object.metadata.ownerReferences ?? [];
}

function isNamesake({ kind, name }: OwnerReference, canary: Canary): boolean {
  return kind === CANARIES.kind && name === canary.metadata.name;
}
