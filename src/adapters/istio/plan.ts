import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import { judge, stampOf } from '../../api/fence.ts';
import type { ApiClient, KubeObject, ResourceKind } from '../../ports/cluster.ts';
import type { ObjectSeen } from '../../ports/intent.ts';

/** How an object compares with what it must be, and the one write that makes it so. */
export interface Plan {
  readonly kind: ResourceKind;
  readonly seen: ObjectSeen;
  readonly write?: Write | undefined;
}

export type Write =
  | { readonly verb: 'create'; readonly object: KubeObject }
  | { readonly verb: 'patch'; readonly live: KubeObject; readonly operations: readonly Operation[] }
  | { readonly verb: 'delete'; readonly live: KubeObject };

export type Operation = ReturnType<typeof jsonPatch.compare>[number];

export function toCreate(kind: ResourceKind, object: KubeObject): Plan {
  const detail = `${named(kind, object)} does not exist`;
  return {
    kind,
    seen: { conformity: 'missing', stamp: 0, detail },
    write: { verb: 'create', object },
  };
}

export function foreign(kind: ResourceKind, live: KubeObject, detail: string): Plan {
  return { kind, seen: { conformity: 'foreign', stamp: stampOf(live) ?? 0, detail } };
}

/** It is the user's to create. */
export function absent(kind: ResourceKind, at: { namespace: string; name: string }): Plan {
  const detail = `${kind.kind} ${at.namespace}/${at.name} does not exist`;
  return { kind, seen: { conformity: 'missing', stamp: 0, detail } };
}

/** Nothing is left to do. */
export function done(kind: ResourceKind): Plan {
  return { kind, seen: { conformity: 'conforms', stamp: 0 } };
}

export function toDelete(kind: ResourceKind, live: KubeObject, fence: number | undefined): Plan {
  const stamp = stampOf(live);
  const detail = `${named(kind, live)} is still there`;
  const seen = { conformity: judge(false, stamp, fence), stamp: stamp ?? 0, detail };
  return { kind, seen, ...(mayWrite(seen) && { write: { verb: 'delete', live } }) };
}

/**
 * How the live object compares with `content`, the same object as it must be but for its stamp.
 * `stamped` puts the stamp on; `stamp` is the one it carries.
 */
export function toChange(
  kind: ResourceKind,
  live: KubeObject,
  content: KubeObject,
  fences: {
    stamp: number | undefined;
    fence: number | undefined;
    stamped: (content: KubeObject) => KubeObject;
  },
): Plan {
  const changes = differences(live, content);
  const conformity = judge(changes.length === 0, fences.stamp, fences.fence);
  const detail = detailOf(kind, live, changes);
  const seen = { conformity, stamp: fences.stamp ?? 0, ...(detail !== undefined && { detail }) };
  if (!mayWrite(seen)) return { kind, seen };
  const operations = differences(live, fences.stamped(content));
  return { kind, seen, write: { verb: 'patch', live, operations } };
}

/** A plan whose content is right as far as it goes, while something else is in the way. */
export function hindered(plan: Plan, reason: string): Plan {
  const { conformity, stamp } = plan.seen;
  if (conformity !== 'conforms') return plan;
  return { kind: plan.kind, seen: { conformity: 'differs', stamp, detail: reason } };
}

/**
 * Carries out the write, fenced by the resourceVersion that was observed. Rejects with a 409
 * `ClusterError` when somebody else wrote first.
 */
export async function carryOut({ kind, write }: Plan, client: ApiClient): Promise<void> {
  switch (write?.verb) {
    case undefined:
      return;
    case 'create':
      await client.create(kind, write.object);
      return;
    case 'patch': {
      const { namespace, name, resourceVersion } = write.live.metadata;
      const fence = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
      await client.patch(kind, namespace, name, 'json', [fence, ...write.operations]);
      return;
    }
    case 'delete': {
      const { namespace, name, uid, resourceVersion } = write.live.metadata;
      await client.delete(kind, namespace, name, {
        ...(uid !== undefined && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
      });
    }
  }
}

function mayWrite({ conformity }: ObjectSeen): boolean {
  return conformity === 'differs' || conformity === 'unstamped';
}

/** What must change, by path; nothing outside these paths is ever sent. */
function differences(live: KubeObject, content: KubeObject): readonly Operation[] {
  if (isDeepStrictEqual(live, content)) return [];
  // As it would travel: without the fields that are undefined.
  const wanted = JSON.parse(JSON.stringify(content)) as KubeObject;
  return isDeepStrictEqual(live, wanted) ? [] : jsonPatch.compare(live, wanted);
}

function detailOf(
  kind: ResourceKind,
  live: KubeObject,
  changes: readonly Operation[],
): string | undefined {
  if (changes.length === 0) return undefined;
  const shown = changes.slice(0, 3).map((change) => sentence(live, change));
  const more = changes.length > 3 ? ` and ${changes.length - 3} more` : '';
  return `${named(kind, live)}: ${shown.join('; ')}${more}`;
}

function sentence(live: KubeObject, change: Operation): string {
  const path = change.path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  switch (change.op) {
    case 'remove':
      return `${path} must go`;
    case 'add':
      return `${path} is missing`;
    case 'replace':
      return `${path} is ${short(jsonPatch.getValueByPointer(live, change.path))}, must be ${short(change.value)}`;
    default:
      return path;
  }
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

export function named({ kind }: ResourceKind, { metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace}/${metadata.name}`;
}
