import { crdSpecOf, customDefinitions, type CrdSpec } from './definition.ts';
import { crdFaults } from './validation.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { cloneJson } from '../values/json-tree.ts';
import { metadataTime } from '../objects/metadata.ts';
import type { KindRules } from '../objects/resource-definition.ts';
import type { ResourceRegistry } from '../objects/resource-registry.ts';
import type { Storage, StoredEvent } from '../objects/storage.ts';

const TABLE = 'customresourcedefinitions';
const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** What the server does to CustomResourceDefinitions on the way in: they are established at once. */
export function crdRules(now: () => Date): Partial<KindRules> {
  return {
    validate: crdFaults,
    holdDeletion(object) {
      const finalizers = object.metadata.finalizers ?? [];
      if (object.metadata.deletionTimestamp === undefined) {
        object.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
      }
      return false;
    },
    prepareForCreate(object) {
      object.status = establishedStatus(crdSpecOf(object), now());
    },
    prepareForUpdate(next, previous) {
      const before = previous.status ?? {};
      const fresh = establishedStatus(crdSpecOf(next), now());
      const known = Array.isArray(before['storedVersions']) ? before['storedVersions'] : [];
      const stored = fresh['storedVersions'] as string[];
      const acceptedNames = fresh['acceptedNames'] as JsonObject;
      next.status = {
        ...before,
        acceptedNames,
        storedVersions: [...new Set([...known, ...stored])],
      };
    },
  };
}

/** Serves the resources of every stored definition, and removes objects with their definition. */
export function followDefinitions(storage: Storage, registry: ResourceRegistry): () => void {
  return storage.subscribe((event) => {
    if (event.table !== TABLE) {
      if (event.type === 'DELETED') finishCleanup(event, storage);
      return;
    }
    serve(event, registry);
    if (event.type === 'MODIFIED' && event.object.metadata.deletionTimestamp !== undefined) {
      cleanUp(event.object, storage);
    }
  });
}

function serve({ type, object, previous }: StoredEvent, registry: ResourceRegistry): void {
  const before = previous ?? object;
  const { group, names } = crdSpecOf(before);
  registry.remove(group, names.plural);
  if (type === 'DELETED') return;
  for (const definition of customDefinitions(object)) registry.add(definition);
}

/** Deletes the custom objects; those with finalizers hold the definition back until they are gone. */
function cleanUp(crd: KubeObject, storage: Storage): void {
  if (!crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) return;
  const table = tableOf(crdSpecOf(crd));
  for (const object of storage.list(table)) {
    if ((object.metadata.finalizers ?? []).length === 0) {
      storage.commit({ type: 'DELETED', table, object });
    } else if (object.metadata.deletionTimestamp === undefined) {
      const metadata = {
        ...object.metadata,
        deletionTimestamp: metadataTime(new Date()),
        deletionGracePeriodSeconds: 0,
      };
      storage.commit({ type: 'MODIFIED', table, object: { ...object, metadata } });
    }
  }
  if (storage.list(table).length === 0) release(crd, storage);
}

function finishCleanup(event: StoredEvent, storage: Storage): void {
  if (storage.list(event.table).length > 0) return;
  for (const crd of storage.list(TABLE)) {
    const isLeaving = crd.metadata.deletionTimestamp !== undefined;
    if (isLeaving && tableOf(crdSpecOf(crd)) === event.table) cleanUp(crd, storage);
  }
}

function release(crd: KubeObject, storage: Storage): void {
  const current = storage.get(TABLE, undefined, crd.metadata.name);
  if (!current) return;
  const object = cloneJson(current);
  const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== CLEANUP_FINALIZER);
  object.metadata.finalizers = finalizers;
  const isFree = finalizers.length === 0;
  storage.commit({ type: isFree ? 'DELETED' : 'MODIFIED', table: TABLE, object });
}

function tableOf({ group, names }: CrdSpec): string {
  return `${names.plural}.${group}`;
}

function establishedStatus(spec: CrdSpec, now: Date): JsonObject {
  const lastTransitionTime = metadataTime(now);
  const met = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime,
    reason,
    message,
  });
  return {
    conditions: [
      met('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      met('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: { ...spec.names },
    storedVersions: spec.versions.filter((one) => one.storage).map((one) => one.name),
  };
}
