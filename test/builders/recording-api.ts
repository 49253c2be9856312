import jsonPatch from 'fast-json-patch';
import {
  ClusterError,
  type ApiClient,
  type ClusterReader,
  type KubeObject,
  type ResourceKind,
} from '../../src/ports/cluster.ts';

/** What was asked of the cluster, as `verb resource namespace/name`. */
export interface RecordedWrite {
  readonly verb: 'create' | 'patch' | 'delete';
  readonly name: string;
  readonly body?: unknown;
}

/**
 * Objects in memory with the API server's rule on resourceVersions: what is not the newest is
 * refused with a 409. Just enough of `ApiClient` for an adapter that gets, lists, creates, patches
 * with JSON Patch and deletes.
 */
export class RecordingApi implements ClusterReader {
  readonly writes: RecordedWrite[] = [];
  readonly reads: string[] = [];
  #objects = new Map<string, KubeObject>();
  #version = 100;

  constructor(...objects: readonly KubeObject[]) {
    for (const object of objects) this.put(object);
  }

  /** Somebody else's write. */
  put(object: KubeObject): KubeObject {
    const stored = structuredClone(object);
    stored.metadata.resourceVersion = String(++this.#version);
    stored.metadata.uid ??= `uid-${object.metadata.name}-${this.#version}`;
    this.#objects.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), stored);
    return stored;
  }

  find(kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return structuredClone(this.#objects.get(keyOf(kind, namespace, name)));
  }

  get(kind: ResourceKind, namespace: string | undefined, name: string) {
    this.reads.push(`get ${kind.resource} ${namespace ?? ''}/${name}`);
    return Promise.resolve(this.find(kind.kind, namespace, name));
  }

  list(kind: ResourceKind, options: { readonly namespace?: string | undefined } = {}) {
    this.reads.push(`list ${kind.resource} ${options.namespace ?? ''}`);
    const { namespace } = options;
    const items = [...this.#objects.values()].filter(
      (object) =>
        object.kind === kind.kind &&
        (namespace === undefined || object.metadata.namespace === namespace),
    );
    return Promise.resolve(structuredClone(items));
  }

  get client(): ApiClient {
    return {
      get: (kind, namespace, name) => this.get(kind, namespace, name),
      list: async (kind, options) => ({
        resourceVersion: String(this.#version),
        items: await this.list(kind, options),
      }),
      create: (kind, object) => this.#create(kind, object),
      patch: (kind, namespace, name, how, body) => this.#patch(kind, namespace, name, how, body),
      delete: (kind, namespace, name, preconditions) =>
        this.#delete(kind, namespace, name, preconditions),
      watch: () => unused('watch'),
      replace: () => unused('replace'),
    };
  }

  async #create(kind: ResourceKind, object: KubeObject): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    this.#record('create', namespace, name, object);
    if (this.find(kind.kind, namespace, name) !== undefined) throw conflict('AlreadyExists');
    return this.put(object);
  }

  async #patch(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    how: string,
    body: unknown,
  ): Promise<KubeObject> {
    if (how !== 'json') throw new Error(`unexpected ${how} patch`);
    this.#record('patch', namespace, name, body);
    const live = this.find(kind.kind, namespace, name);
    if (live === undefined) throw new ClusterError('gone', { code: 404, reason: 'NotFound' });
    const operations = body as Parameters<typeof jsonPatch.applyPatch>[1];
    const { newDocument } = jsonPatch.applyPatch(structuredClone(live), operations, true);
    if (newDocument.metadata.resourceVersion !== live.metadata.resourceVersion) {
      throw conflict('Conflict');
    }
    return this.put(newDocument);
  }

  async #delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    preconditions: { uid?: string; resourceVersion?: string } = {},
  ): Promise<void> {
    this.#record('delete', namespace, name, preconditions);
    const live = this.find(kind.kind, namespace, name);
    if (live === undefined) return;
    const { uid = live.metadata.uid, resourceVersion = live.metadata.resourceVersion } =
      preconditions;
    if (uid !== live.metadata.uid || resourceVersion !== live.metadata.resourceVersion) {
      throw conflict('Conflict');
    }
    this.#objects.delete(keyOf(kind.kind, namespace, name));
  }

  #record(verb: RecordedWrite['verb'], namespace: string | undefined, name: string, body: unknown) {
    this.writes.push({ verb, name: `${namespace ?? ''}/${name}`, body: structuredClone(body) });
  }
}

function keyOf(kind: string, namespace: string | undefined, name: string): string {
  return `${kind} ${namespace ?? ''}/${name}`;
}

function conflict(reason: string): ClusterError {
  return new ClusterError('somebody else wrote first', { code: 409, reason });
}

function unused(call: string): never {
  throw new Error(`no test of this adapter needs ${call}`);
}
