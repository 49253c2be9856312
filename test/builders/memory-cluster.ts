import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  ApiError,
  type ClusterEvent,
  type ClusterState,
  type DeleteInput,
  type KubeObject,
  type KubeObjectInput,
  type ResourceKind,
} from '../../src/sandbox/apiserver/cluster-state.ts';

type Listener = (event: ClusterEvent) => void;

/**
 * A ClusterState in a few maps, for unit tests of the sandbox's controllers: generations, the
 * status subresource, grace periods of pods, background garbage collection, ordered events. No
 * schemas and no defaults: tests say all they mean.
 */
export class MemoryCluster implements ClusterState {
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #undelivered: { resource: string; event: ClusterEvent }[] = [];
  #revision = 0;
  #delivering = false;

  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#table(kind.resource).get(keyOf(namespace, name));
  }

  list(kind: ResourceKind, namespace?: string): KubeObject[] {
    const all = [...this.#table(kind.resource).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const objects = all.map(([, object]) => object);
    return namespace === undefined
      ? objects
      : objects.filter((object) => object.metadata.namespace === namespace);
  }

  create(kind: ResourceKind, input: KubeObjectInput): KubeObject {
    const { generateName } = input.metadata;
    const name = input.metadata.name ?? `${generateName}${randomUUID().slice(0, 5)}`;
    const { status: _, ...rest } = structuredClone(input);
    const object: KubeObject = {
      apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
      kind: kind.resource,
      ...rest,
      metadata: {
        ...rest.metadata,
        name,
        uid: randomUUID(),
        resourceVersion: '',
        generation: 1,
        creationTimestamp: new Date().toISOString(),
      },
    };
    if (this.get(kind, object.metadata.namespace, name)) {
      throw new ApiError(409, 'AlreadyExists', `${kind.resource} "${name}" already exists`);
    }
    return this.#commit('ADDED', kind.resource, object);
  }

  replace(kind: ResourceKind, input: KubeObjectInput): KubeObject {
    const current = this.#current(kind, input);
    const metadata = { ...current.metadata, ...structuredClone(input.metadata) };
    const next: KubeObject = { ...current, ...structuredClone(input), metadata };
    if (current.status !== undefined) next.status = current.status;
    if (!isDeepStrictEqual(next.spec, current.spec)) {
      metadata.generation = (current.metadata.generation ?? 0) + 1;
    }
    return this.#store(kind.resource, current, next);
  }

  replaceStatus(kind: ResourceKind, input: KubeObjectInput): KubeObject {
    const current = this.#current(kind, input);
    const next = { ...current, status: structuredClone(input.status ?? {}) };
    return this.#store(kind.resource, current, next);
  }

  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options: DeleteInput = {},
  ): void {
    const object = this.get(kind, namespace, name);
    if (object === undefined) {
      throw new ApiError(404, 'NotFound', `${kind.resource} "${name}" not found`);
    }
    const grace = kind.resource === 'pods' ? (options.gracePeriodSeconds ?? 30) : 0;
    if (grace > 0) {
      const deletionTimestamp = new Date(Date.now() + grace * 1000).toISOString();
      const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace };
      this.#store(kind.resource, object, { ...object, metadata });
      return;
    }
    this.#table(kind.resource).delete(keyOf(namespace, name));
    this.#tell(kind.resource, { type: 'DELETED', object });
    this.#collectDependents(object.metadata.uid);
  }

  subscribe(kind: ResourceKind, listener: Listener): () => void {
    const listeners = this.#listeners.get(kind.resource) ?? new Set<Listener>();
    this.#listeners.set(kind.resource, listeners.add(listener));
    for (const object of this.list(kind)) listener({ type: 'ADDED', object });
    return () => listeners.delete(listener);
  }

  #current(kind: ResourceKind, input: KubeObjectInput): KubeObject {
    const { namespace, name = '', resourceVersion } = input.metadata;
    const current = this.get(kind, namespace, name);
    if (current === undefined) {
      throw new ApiError(404, 'NotFound', `${kind.resource} "${name}" not found`);
    }
    if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion) {
      throw new ApiError(409, 'Conflict', `${kind.resource} "${name}" has been modified`);
    }
    return current;
  }

  #store(resource: string, current: KubeObject, next: KubeObject): KubeObject {
    const { resourceVersion } = current.metadata;
    const same = { ...next, metadata: { ...next.metadata, resourceVersion } };
    return isDeepStrictEqual(current, same) ? current : this.#commit('MODIFIED', resource, next);
  }

  #commit(type: ClusterEvent['type'], resource: string, object: KubeObject): KubeObject {
    this.#revision += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#revision) };
    const stored = deepFreeze({ ...object, metadata });
    this.#table(resource).set(keyOf(metadata.namespace, metadata.name), stored);
    this.#tell(resource, { type, object: stored });
    return stored;
  }

  #collectDependents(uid: string): void {
    for (const [resource, objects] of this.#objects) {
      for (const { metadata } of objects.values()) {
        const owned = metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
        if (!owned || metadata.deletionTimestamp !== undefined) continue;
        this.delete({ group: '', version: 'v1', resource }, metadata.namespace, metadata.name);
      }
    }
  }

  #tell(resource: string, event: ClusterEvent): void {
    this.#undelivered.push({ resource, event });
    if (this.#delivering) return;
    this.#delivering = true;
    for (let next = this.#undelivered.shift(); next; next = this.#undelivered.shift()) {
      for (const listener of this.#listeners.get(next.resource) ?? []) listener(next.event);
    }
    this.#delivering = false;
  }

  #table(resource: string): Map<string, KubeObject> {
    const table = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, table);
    return table;
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
