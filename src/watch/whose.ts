import { isDeepStrictEqual } from 'node:util';
import { CANARY } from '../api/annotations.ts';
import { GROUP } from '../api/group.ts';
import { parseCanary } from '../api/parse.ts';
import type { KubeObject, LocalStore, ResourceKind } from '../ports/cluster.ts';
import { CANARY_KIND, DAEMON_SET, DEPLOYMENT, VIRTUAL_SERVICE } from '../ports/kinds.ts';
import { ReferenceIndex } from './reference-index.ts';
import { referencesOf } from './references.ts';
import { standsFor } from './stands-for.ts';
import type { Change } from './store.ts';

/** Says whose change it is: which canaries must be looked at because of it. */
export interface Whose {
  /**
   * Keys as `namespace/name`. It also learns from the change what refers to what: call it for each
   * one, in order, once the store has it.
   */
  keysOf(change: Change): Set<string>;
}

export function whoseChanges(store: LocalStore): Whose {
  const index = new ReferenceIndex();
  return {
    keysOf(change) {
      const objects = [change.before, change.after].filter((object) => object !== undefined);
      if (change.kind.kind === CANARY_KIND.kind) return keysOfCanary(change, objects, index, store);
      const keys = new Set(objects.flatMap((object) => keysOfObject(object, index, store)));
      if (change.kind.kind in WORKLOADS && isRespecified(change)) {
        for (const key of keys) learn(key, index, store);
      }
      return keys;
    },
  };
}

/** The canary itself, and whoever may have waited for it to let go of a target or of routes. */
function keysOfCanary(
  change: Change,
  [canary]: KubeObject[],
  index: ReferenceIndex,
  store: LocalStore,
): Set<string> {
  const key = `${canary?.metadata.namespace}/${canary?.metadata.name}`;
  const keys = new Set([key]);
  if (!isRespecified(change)) return keys;
  for (const reference of index.referencesOf(key)) {
    const [kind = ''] = reference.split('/');
    if (!CLAIMED.has(kind)) continue;
    for (const rival of index.keysOf(reference)) keys.add(rival);
  }
  learn(key, index, store);
  return keys;
}

/** Owners, and canaries that refer to the object or to what it stands for. */
function keysOfObject(object: KubeObject, index: ReferenceIndex, store: LocalStore): string[] {
  const references = standsFor(object, store);
  return [...owners(object), ...references.flatMap((reference) => index.keysOf(reference))];
}

function owners({ metadata }: KubeObject): string[] {
  const { namespace, labels, annotations, ownerReferences = [] } = metadata;
  const names = ownerReferences
    .filter(({ kind, apiVersion }) => kind === CANARY_KIND.kind && apiVersion.startsWith(GROUP))
    .map(({ name }) => name);
  return [...names, labels?.[CANARY], annotations?.[CANARY]]
    .filter((name) => name !== undefined)
    .map((name) => `${namespace}/${name}`);
}

/** Reads what the canary refers to; one that cannot be read refers to nothing. */
function learn(key: string, index: ReferenceIndex, store: LocalStore): void {
  const [namespace, name = ''] = key.split('/');
  const object = store.get(CANARY_KIND, namespace, name);
  const read = object === undefined ? undefined : parseCanary(object);
  if (read?.ok !== true) return index.set(key, new Set());
  const { targetRef } = read.canary.spec;
  const kind = WORKLOADS[targetRef.kind];
  const target = kind && store.get(kind, namespace, targetRef.name);
  index.set(key, referencesOf(read.canary, target));
}

/** Targets whose pods mention configs. */
const WORKLOADS: Readonly<Record<string, ResourceKind>> = {
  [DEPLOYMENT.kind]: DEPLOYMENT,
  [DAEMON_SET.kind]: DAEMON_SET,
};

const CLAIMED: ReadonlySet<string> = new Set([
  DEPLOYMENT.kind,
  DAEMON_SET.kind,
  VIRTUAL_SERVICE.kind,
]);

/** Whether what an object refers to may have changed, or what is read of it. */
function isRespecified({ before, after }: Change): boolean {
  return (
    before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp ||
    !isDeepStrictEqual(before?.['spec'], after?.['spec']) ||
    !isDeepStrictEqual(trackedConfigs(before), trackedConfigs(after))
  );
}

function trackedConfigs(object: KubeObject | undefined): unknown {
  return ((object?.['status'] ?? {}) as { trackedConfigs?: unknown }).trackedConfigs;
}
