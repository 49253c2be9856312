import { unknownResource } from './objects/api-errors.ts';
import type { Cluster } from './cluster.ts';
import type {
  ClusterEvent,
  ClusterState,
  DeleteInput,
  KubeObject,
  KubeObjectInput,
  ResourceKind,
} from './cluster-state.ts';
import type { Subresource } from './objects/update-request.ts';
import type { WriteOptions } from './objects/writes.ts';
import { apiVersionOf, type ResourceDefinition } from './objects/resource-definition.ts';
import type { StoredEvent } from './objects/storage.ts';

/** The cluster for the sandbox's own controllers: the same rules as over HTTP, in the same process. */
export class InProcessState implements ClusterState {
  readonly #cluster: Cluster;
  readonly #options: WriteOptions;

  /** `fieldManager` is the name under which the fields it writes are owned. */
  constructor(cluster: Cluster, fieldManager: string) {
    this.#cluster = cluster;
    this.#options = { fieldManager, dryRun: false, fieldValidation: 'Strict', warn: () => {} };
  }

  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    const { table, decode } = this.#definition(kind).storage;
    const stored = this.#cluster.storage.get(table, namespace, name);
    return stored && decode(stored);
  }

  list(kind: ResourceKind, namespace?: string): KubeObject[] {
    const { table, decode } = this.#definition(kind).storage;
    return this.#cluster.storage.list(table, namespace).map(decode);
  }

  create(kind: ResourceKind, object: KubeObjectInput): KubeObject {
    const definition = this.#definition(kind);
    const { namespace } = object.metadata;
    return this.#cluster.writes.create(
      definition,
      namespace,
      typed(definition, object),
      this.#options,
    );
  }

  replace(kind: ResourceKind, object: KubeObjectInput): KubeObject {
    return this.#update(kind, object, undefined);
  }

  replaceStatus(kind: ResourceKind, object: KubeObjectInput): KubeObject {
    return this.#update(kind, object, 'status');
  }

  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options: DeleteInput = {},
  ): void {
    this.#cluster.deletion.delete(this.#definition(kind), namespace, name, options);
  }

  subscribe(kind: ResourceKind, listener: (event: ClusterEvent) => void): () => void {
    const { table, decode } = this.#definition(kind).storage;
    // Subscribed before the existing objects are told, so that what the listener commits on hearing
    // of them is not missed.
    const known = [...this.#cluster.storage.list(table)];
    const unsubscribe = this.#cluster.storage.subscribe((event: StoredEvent) => {
      if (event.table === table) listener({ type: event.type, object: decode(event.object) });
    });
    for (const object of known) listener({ type: 'ADDED', object: decode(object) });
    return unsubscribe;
  }

  #update(
    kind: ResourceKind,
    object: KubeObjectInput,
    subresource: Subresource | undefined,
  ): KubeObject {
    const definition = this.#definition(kind);
    const { namespace, name = '' } = object.metadata;
    return this.#cluster.writes.update(
      definition,
      namespace,
      name,
      {
        change: () => typed(definition, object),
        unconditional: true,
        ...(subresource ? { subresource } : {}),
      },
      this.#options,
    );
  }

  #definition(kind: ResourceKind): ResourceDefinition {
    const definition = this.#cluster.registry.find(kind);
    if (!definition) throw unknownResource();
    return definition;
  }
}

function typed(definition: ResourceDefinition, object: KubeObjectInput): KubeObjectInput {
  return { ...object, apiVersion: apiVersionOf(definition), kind: definition.kind };
}
