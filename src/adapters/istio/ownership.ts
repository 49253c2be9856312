import { CANARY, CLAIMED_BY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { API_VERSION, CANARIES, GROUP } from '../../api/group.ts';
import type { KubeObject, OwnerReference } from '../../ports/cluster.ts';
import { claimsOn, holderUid } from './claims.ts';

/** What a user's object was like before Linnet took it over. */
export const ORIGINAL = `${GROUP}/original`;

/**
 * Whose an object is:
 * - `made`: Linnet made it for this canary, or a Canary of the same name did, Flagger's included;
 * - `taken`: it was there before, this canary has taken it over and gives it back in the end;
 * - `free`: nobody's, to be taken over;
 * - anything else: somebody else's, in words.
 */
export type Holder = 'made' | 'taken' | 'free' | { readonly foreign: string };

/** `living`: UIDs of the other Canaries that exist; a claim of any other is void. */
export function holderOf(object: KubeObject, canary: Canary, living: ReadonlySet<string>): Holder {
  const { annotations = {}, ownerReferences = [] } = object.metadata;
  const controller = ownerReferences.find((owner) => owner.controller === true);
  if (controller !== undefined) {
    return isNamesake(controller, canary)
      ? 'made'
      : { foreign: `${controller.kind} ${controller.name}` };
  }
  const claimedBy = annotations[CLAIMED_BY];
  if (claimedBy === canary.metadata.uid) {
    return annotations[ORIGINAL] === undefined ? 'made' : 'taken';
  }
  if (claimedBy !== undefined && living.has(claimedBy)) {
    return { foreign: `Canary ${annotations[CANARY] ?? claimedBy}` };
  }
  const sharer = Object.values(claimsOn(object)).find((claim) => living.has(holderUid(claim)));
  return sharer === undefined ? 'free' : { foreign: `the routes of Canary ${sharer}` };
}

/** The annotations that make an object this canary's, whether Linnet made it or took it over. */
export function claimOf({ metadata: { uid, name } }: Canary): Record<string, string> {
  return { [CLAIMED_BY]: uid, [CANARY]: name };
}

/** The owners of an object that Linnet made: an earlier Canary of the name gives way. */
export function ownersWith(live: KubeObject, canary: Canary): OwnerReference[] {
  const { uid, name } = canary.metadata;
  const owners = live.metadata.ownerReferences ?? [];
  if (owners.some((owner) => owner.uid === uid)) return owners;
  const own = { apiVersion: API_VERSION, kind: CANARIES.kind, name, uid, controller: true };
  return [...owners.filter((owner) => !isNamesake(owner, canary)), own];
}

function isNamesake({ kind, name, uid }: OwnerReference, canary: Canary): boolean {
  return uid === canary.metadata.uid || (kind === CANARIES.kind && name === canary.metadata.name);
}
