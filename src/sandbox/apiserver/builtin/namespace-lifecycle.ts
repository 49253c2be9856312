import type { KubeObject } from '../cluster-state.ts';
import { labelWithName } from './defaults.ts';
import { cloneJson } from '../values/json-tree.ts';
import type { ObjectDeletion } from '../objects/deletion.ts';
import { INTERNAL_WRITE, type ObjectWrites } from '../objects/writes.ts';
import type { KindRules } from '../objects/resource-definition.ts';
import type { ResourceRegistry } from '../objects/resource-registry.ts';
import type { Storage, StoredEvent } from '../objects/storage.ts';

const TABLE = 'namespaces';

export const namespaceRules: Partial<KindRules> = {
  prepareForCreate(namespace) {
    labelWithName(namespace);
    namespace.spec = { ...namespace.spec, finalizers: ['kubernetes'] };
    namespace.status = { phase: 'Active' };
  },
  /** Contents go first: the finalizers in its spec hold a namespace until then. */
  holdDeletion(namespace) {
    const finalizers = namespace.spec?.['finalizers'];
    if (!Array.isArray(finalizers) || finalizers.length === 0) return false;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
    return true;
  },
};

/**
 * What the namespace and service account controllers do: a new namespace gets its default service
 * account; one under deletion loses its contents, and goes when nothing is left in it.
 */
export class NamespaceLifecycle {
  readonly #storage: Storage;
  readonly #registry: ResourceRegistry;
  readonly #writes: ObjectWrites;
  readonly #deletion: ObjectDeletion;
  readonly #due = new Set<string>();
  #scheduled: NodeJS.Immediate | undefined;

  constructor(
    storage: Storage,
    registry: ResourceRegistry,
    writes: ObjectWrites,
    deletion: ObjectDeletion,
  ) {
    this.#storage = storage;
    this.#registry = registry;
    this.#writes = writes;
    this.#deletion = deletion;
  }

  start(): () => void {
    for (const namespace of this.#storage.list(TABLE)) this.#schedule(namespace.metadata.name);
    const unsubscribe = this.#storage.subscribe((event) => this.#observe(event));
    return () => {
      unsubscribe();
      if (this.#scheduled) clearImmediate(this.#scheduled);
      this.#due.clear();
    };
  }

  #observe({ type, table, object }: StoredEvent): void {
    if (table === TABLE) {
      if (type !== 'DELETED') this.#schedule(object.metadata.name);
    } else if (type === 'DELETED' && object.metadata.namespace !== undefined) {
      this.#schedule(object.metadata.namespace);
    }
  }

  #schedule(name: string): void {
    this.#due.add(name);
    this.#scheduled ??= setImmediate(() => this.#drain());
  }

  #drain(): void {
    this.#scheduled = undefined;
    const names = [...this.#due];
    this.#due.clear();
    for (const name of names) {
      const namespace = this.#storage.get(TABLE, undefined, name);
      if (!namespace) continue;
      if (namespace.metadata.deletionTimestamp === undefined) this.#furnish(name);
      else this.#empty(namespace);
    }
  }

  #furnish(name: string): void {
    const accounts = this.#registry.find({ group: '', version: 'v1', resource: 'serviceaccounts' });
    if (!accounts || this.#storage.get('serviceaccounts', name, 'default')) return;
    this.#writes.create(accounts, name, { metadata: { name: 'default' } }, INTERNAL_WRITE);
  }

  #empty(namespace: KubeObject): void {
    const { name } = namespace.metadata;
    let remaining = 0;
    for (const table of this.#storage.tables()) {
      const definition = this.#registry.findByTable(table);
      if (!definition?.namespaced) continue;
      for (const object of this.#storage.list(table, name)) {
        const options = { propagationPolicy: 'Background' as const };
        const { gone } = this.#deletion.delete(definition, name, object.metadata.name, options);
        if (!gone) remaining += 1;
      }
    }
    if (remaining === 0) this.#finish(namespace);
  }

  #finish(namespace: KubeObject): void {
    const object = cloneJson(namespace);
    const finalizers = Array.isArray(object.spec?.['finalizers']) ? object.spec['finalizers'] : [];
    const others = finalizers.filter((one) => one !== 'kubernetes');
    object.spec = others.length > 0 ? { finalizers: others } : {};
    const isFree = others.length === 0 && (object.metadata.finalizers ?? []).length === 0;
    this.#storage.commit({ type: isFree ? 'DELETED' : 'MODIFIED', table: TABLE, object });
  }
}
