import { CANARY, CLAIMED_BY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { API_VERSION, CANARIES, GROUP } from '../../api/group.ts';
import type { KubeObject, OwnerReference } from '../../ports/cluster.ts';
import { claimsOn, holderUid } from './claims.ts';

/** What a user's object was like before Linnet took it over. */
export const ORIGINAL = `${GROUP}/original`;

/**
 * Whose an object is:
 * - `made`: Linnet made it for this canary; it goes with it;
 * - `taken`: it was there before, this canary has taken it over and gives it back in the end;
 * - `free`: nobody's, to be taken over;
 * - anything else: somebody else's, in words.
 */
export type Holder = 'made' | 'taken' | 'free' | { readonly foreign: string };

/** `living`: UIDs of the other Canaries that exist; a claim of any other is void. */
export function holderOf(object: KubeObject, canary: Canary, living: ReadonlySet<string>): Holder {
  const { uid } = canary.metadata;
  const { annotations = {}, ownerReferences = [], labels = {} } = object.metadata;
  const controller = ownerReferences.find((owner) => owner.controller === true);
  const claimedBy = annotations[CLAIMED_BY];
  if (controller?.uid === uid) return 'made';
  if (controller !== undefined) return { foreign: `${controller.kind} ${controller.name}` };
  if (claimedBy === uid) return annotations[ORIGINAL] === undefined ? 'made' : 'taken';
  if (claimedBy !== undefined && living.has(claimedBy)) {
    return { foreign: `Canary ${labels[CANARY] ?? claimedBy}` };
  }
  const sharer = Object.values(claimsOn(object)).find((claim) => living.has(holderUid(claim)));
  return sharer === undefined ? 'free' : { foreign: `the routes of Canary ${sharer}` };
}

/** Linnet's claim on an object, whether it made it or took it over. */
export function claimOf({ metadata: { uid, name } }: Canary): {
  annotations: Record<string, string>;
  labels: Record<string, string>;
} {
  return {
    annotations: { [CLAIMED_BY]: uid },
    // A longer name is no label value.
    labels: name.length <= 63 ? { [CANARY]: name } : {},
  };
}

export function ownerReference({ metadata: { uid, name } }: Canary): OwnerReference {
  return {
    apiVersion: API_VERSION,
    kind: CANARIES.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}
