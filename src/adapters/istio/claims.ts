import { CLAIMED_BY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { GROUP } from '../../api/group.ts';
import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import { CANARY_KIND } from '../../ports/kinds.ts';
import { parsedObject } from './json.ts';

/**
 * On a user's VirtualService: which Canary holds which route, as JSON
 * `{"<route>": "<namespace>/<name>/<uid>"}`.
 */
export const CLAIMS = `${GROUP}/claims`;

export type Claims = Readonly<Record<string, string>>;

/** The claims on an object; what is no claim is left out. */
export function claimsOn(object: KubeObject): Claims {
  const claims = parsedObject(object.metadata.annotations?.[CLAIMS]) ?? {};
  return Object.fromEntries(
    Object.entries(claims).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && entry[1].split('/').length === 3,
    ),
  );
}

export function claimText({ metadata: { namespace, name, uid } }: Canary): string {
  return `${namespace}/${name}/${uid}`;
}

export function holderUid(claim: string): string {
  return claim.split('/')[2] ?? '';
}

/** The annotation's new text, or undefined when nobody claims anything any more. */
export function claimsText(claims: Claims): string | undefined {
  const entries = Object.entries(claims).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? JSON.stringify(Object.fromEntries(entries)) : undefined;
}

/**
 * UIDs of the other Canaries that hold something of these objects and still exist. Asks nothing
 * when there is no claim but this canary's own.
 */
export async function livingHolders(
  objects: readonly (KubeObject | undefined)[],
  canary: Canary,
  reader: ClusterReader,
): Promise<ReadonlySet<string>> {
  const found = objects.filter((object) => object !== undefined);
  const { namespace, uid } = canary.metadata;
  const claims = new Set(found.flatMap((object) => Object.values(claimsOn(object))));
  const sharers = [...claims].filter((claim) => holderUid(claim) !== uid);
  const owners = found.map((object) => object.metadata.annotations?.[CLAIMED_BY]);
  const neighbours = owners.some((owner) => owner !== undefined && owner !== uid)
    ? await reader.list(CANARY_KIND, { namespace })
    : [];
  const alive = await Promise.all(sharers.map((claim) => livingUid(claim, reader)));
  return new Set(
    [...neighbours.map(({ metadata }) => metadata.uid), ...alive].filter(
      (other) => other !== undefined && other !== uid,
    ) as string[],
  );
}

async function livingUid(claim: string, reader: ClusterReader): Promise<string | undefined> {
  const [namespace, name = '', uid] = claim.split('/');
  const holder = await reader.get(CANARY_KIND, namespace, name);
  return holder?.metadata.uid === uid ? uid : undefined;
}
