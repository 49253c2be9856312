import type { KubeObject, OwnerReference } from '../cluster-state.ts';
import { cloneJson } from '../values/json-tree.ts';
import { FOREGROUND_FINALIZER, ORPHAN_FINALIZER, type ObjectDeletion } from './deletion.ts';
import type { ResourceRegistry } from './resource-registry.ts';
import type { Storage, StoredEvent } from './storage.ts';

/** Where an object is stored: enough to find it again. */
interface Place {
  table: string;
  namespace: string | undefined;
  name: string;
}

/**
 * Follows owner references as kube-controller-manager's garbage collector does: what all owners have
 * left is deleted; an owner that is deleted in the foreground waits for its dependents; one that
 * orphans them lets go of them first. Works after the request that caused it has been answered.
 */
export class GarbageCollector {
  readonly #storage: Storage;
  readonly #registry: ResourceRegistry;
  readonly #deletion: ObjectDeletion;
  readonly #living = new Map<string, Place>();
  readonly #dependents = new Map<string, Map<string, Place>>();
  readonly #queue = new Map<string, () => void>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(storage: Storage, registry: ResourceRegistry, deletion: ObjectDeletion) {
    this.#storage = storage;
    this.#registry = registry;
    this.#deletion = deletion;
  }

  start(): () => void {
    for (const table of this.#storage.tables()) {
      for (const object of this.#storage.list(table)) this.#index(table, object, undefined);
    }
    const unsubscribe = this.#storage.subscribe((event) => this.#observe(event));
    return () => {
      unsubscribe();
      if (this.#scheduled) clearImmediate(this.#scheduled);
      this.#queue.clear();
    };
  }

  #observe({ type, table, object, previous }: StoredEvent): void {
    const { uid } = object.metadata;
    if (type === 'DELETED') {
      this.#forget(object);
      for (const place of this.#dependents.get(uid)?.values() ?? []) this.#examine(place);
      for (const owner of object.metadata.ownerReferences ?? []) this.#examineOwner(owner);
      return;
    }
    this.#index(table, object, previous);
    const place = placeOf(table, object);
    if ((object.metadata.ownerReferences ?? []).length > 0) this.#examine(place);
    if (object.metadata.deletionTimestamp !== undefined) this.#enqueue('finalize', place);
    for (const owner of previous?.metadata.ownerReferences ?? []) this.#examineOwner(owner);
  }

  #index(table: string, object: KubeObject, previous: KubeObject | undefined): void {
    const { uid } = object.metadata;
    const place = placeOf(table, object);
    for (const owner of previous?.metadata.ownerReferences ?? []) {
      this.#dependents.get(owner.uid)?.delete(uid);
    }
    this.#living.set(uid, place);
    for (const owner of object.metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(owner.uid) ?? new Map<string, Place>();
      this.#dependents.set(owner.uid, known.set(uid, place));
    }
  }

  #forget({ metadata }: KubeObject): void {
    this.#living.delete(metadata.uid);
    for (const owner of metadata.ownerReferences ?? []) {
      this.#dependents.get(owner.uid)?.delete(metadata.uid);
    }
  }

  #examine(place: Place): void {
    this.#enqueue('collect', place);
  }

  #examineOwner(owner: OwnerReference): void {
    const place = this.#living.get(owner.uid);
    if (place) this.#enqueue('finalize', place);
  }

  #enqueue(task: 'collect' | 'finalize', place: Place): void {
    const key = `${task}/${place.table}/${place.namespace ?? ''}/${place.name}`;
    this.#queue.set(key, () => (task === 'collect' ? this.#collect(place) : this.#finalize(place)));
    this.#scheduled ??= setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#scheduled = undefined;
    const due = [...this.#queue.values()];
    this.#queue.clear();
    for (const work of due) work();
  }

  /** Deletes an object whose owners have all gone, or wait for it to go. */
  #collect(place: Place): void {
    const object = this.#find(place);
    const owners = object?.metadata.ownerReferences ?? [];
    if (!object || owners.length === 0 || object.metadata.deletionTimestamp !== undefined) return;
    const present = owners.filter((owner) => this.#living.has(owner.uid));
    const staying = present.filter((owner) => !this.#isWaiting(owner));
    if (staying.length > 0) {
      if (staying.length < owners.length) this.#dropOwners(place, object, staying);
      return;
    }
    const isForeground = present.length > 0 && this.#dependentsOf(object).length > 0;
    this.#delete(place, isForeground ? 'Foreground' : 'Background');
  }

  #isWaiting(owner: OwnerReference): boolean {
    const place = this.#living.get(owner.uid);
    const object = place && this.#find(place);
    return (
      object?.metadata.deletionTimestamp !== undefined &&
      object.metadata.finalizers?.includes(FOREGROUND_FINALIZER) === true
    );
  }

  /** Does for an object under deletion what its finalizers ask of the collector. */
  #finalize(place: Place): void {
    const object = this.#find(place);
    if (object?.metadata.deletionTimestamp === undefined) return;
    const { finalizers = [], uid } = object.metadata;
    if (finalizers.includes(ORPHAN_FINALIZER)) {
      for (const dependent of this.#dependentsOf(object)) {
        const current = this.#find(dependent);
        const others = current?.metadata.ownerReferences?.filter((owner) => owner.uid !== uid);
        if (current) this.#dropOwners(dependent, current, others ?? []);
      }
      this.#removeFinalizer(place, object, ORPHAN_FINALIZER);
      return;
    }
    if (!finalizers.includes(FOREGROUND_FINALIZER)) return;
    const dependents = this.#dependentsOf(object);
    for (const dependent of dependents) this.#examine(dependent);
    if (!dependents.some((one) => this.#blocks(one, uid))) {
      this.#removeFinalizer(place, object, FOREGROUND_FINALIZER);
    }
  }

  #blocks(dependent: Place, ownerUid: string): boolean {
    const owners = this.#find(dependent)?.metadata.ownerReferences ?? [];
    return owners.some((owner) => owner.uid === ownerUid && owner.blockOwnerDeletion === true);
  }

  #dependentsOf({ metadata }: KubeObject): Place[] {
    return [...(this.#dependents.get(metadata.uid)?.values() ?? [])];
  }

  #dropOwners(place: Place, object: KubeObject, remaining: OwnerReference[]): void {
    const next = cloneJson(object);
    if (remaining.length > 0) next.metadata.ownerReferences = remaining;
    else delete next.metadata.ownerReferences;
    this.#storage.commit({ type: 'MODIFIED', table: place.table, object: next });
  }

  #removeFinalizer(place: Place, object: KubeObject, finalizer: string): void {
    const next = cloneJson(object);
    const finalizers = (next.metadata.finalizers ?? []).filter((one) => one !== finalizer);
    if (finalizers.length > 0) next.metadata.finalizers = finalizers;
    else delete next.metadata.finalizers;
    const isFree = finalizers.length === 0 && (next.metadata.deletionGracePeriodSeconds ?? 0) === 0;
    this.#storage.commit({
      type: isFree ? 'DELETED' : 'MODIFIED',
      table: place.table,
      object: next,
    });
  }

  #delete(place: Place, propagationPolicy: 'Foreground' | 'Background'): void {
    const definition = this.#registry.findByTable(place.table);
    if (definition) {
      this.#deletion.delete(definition, place.namespace, place.name, { propagationPolicy });
    }
  }

  #find({ table, namespace, name }: Place): KubeObject | undefined {
    return this.#storage.get(table, namespace, name);
  }
}

function placeOf(table: string, { metadata }: KubeObject): Place {
  return { table, namespace: metadata.namespace, name: metadata.name };
}
