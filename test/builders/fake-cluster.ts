import { isDeepStrictEqual } from 'node:util';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import {
  ClusterError,
  type ApiClient,
  type ClusterReader,
  type KubeObject,
  type ListOptions,
  type ObjectList,
  type PatchKind,
  type ResourceKind,
  type WatchEvent,
  type WriteOptions,
} from '../../src/ports/cluster.ts';
import { apiVersionOf } from '../../src/ports/kinds.ts';
import { labelSelector as selecting } from '../../src/api/label-selector.ts';

/** One request that reached the API server. */
export interface FakeRequest {
  readonly verb: 'get' | 'list' | 'create' | 'replace' | 'patch' | 'delete' | 'dry-run';
  readonly kind: string;
  readonly name: string;
}

/**
 * An API server in memory, as far as adapters can tell: UIDs, resourceVersions and generations,
 * conflicts, JSON Patch and merge patch, dry runs, immutable objects, failures on demand.
 */
export class FakeCluster implements ApiClient {
  readonly #objects = new Map<string, KubeObject>();
  #version = 100;
  readonly #failures: { readonly request: Partial<FakeRequest>; readonly error: ClusterError }[] =
    [];
  /** Everything that was asked since the last `forget`. */
  readonly requests: FakeRequest[] = [];
  /** What defaulting and admission webhooks do to an object that is written. */
  admission: (object: KubeObject) => KubeObject = (object) => object;

  /** Puts an object in or replaces it, past requests, conflicts and admission; answers it as stored. */
  put(object: KubeObject): KubeObject {
    const { resourceVersion: _, ...metadata } = object.metadata;
    return this.#store({ ...object, metadata });
  }

  /** Changes an object as somebody else would. */
  edit(
    kind: ResourceKind,
    namespace: string,
    name: string,
    change: (o: KubeObject) => void,
  ): KubeObject {
    const copy = structuredClone(this.must(kind, namespace, name));
    change(copy);
    return this.put(copy);
  }

  remove(kind: ResourceKind, namespace: string, name: string): void {
    this.#objects.delete(keyOf(kind, namespace, name));
  }

  /** The object as stored; throws when it does not exist. */
  must(kind: ResourceKind, namespace: string, name: string): KubeObject {
    const object = this.#objects.get(keyOf(kind, namespace, name));
    if (object === undefined) throw new Error(`no ${kind.kind} ${namespace}/${name} in the fake`);
    return object;
  }

  find(kind: ResourceKind, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(keyOf(kind, namespace, name));
  }

  /** All objects of a kind. */
  all(kind: ResourceKind): KubeObject[] {
    const prefix = `${apiVersionOf(kind)}/${kind.kind}/`;
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, object]) => object);
  }

  /** The next request that matches fails with this error, once. */
  failOnce(request: Partial<FakeRequest>, code: number, reason: string): void {
    const error = new ClusterError(`${reason} (as the test asked for)`, { code, reason });
    this.#failures.push({ request, error });
  }

  forget(): void {
    this.requests.length = 0;
  }

  /** Requests that write, a word each: `patch Deployment web`. */
  writes(): string[] {
    return this.requests
      .filter(({ verb }) => verb !== 'get' && verb !== 'list' && verb !== 'dry-run')
      .map(({ verb, kind, name }) => `${verb} ${kind} ${name}`);
  }

  /** Reads as a local store does: without requests. `metadataOnly`: kinds watched without content. */
  reader(metadataOnly: readonly ResourceKind[] = []): ClusterReader {
    const strip = (kind: ResourceKind, object: KubeObject) =>
      metadataOnly.includes(kind) ? partial(object) : object;
    return {
      get: async (kind, namespace, name) => {
        const object = this.#objects.get(keyOf(kind, namespace, name));
        return object && strip(kind, object);
      },
      list: async (kind, options = {}) =>
        this.all(kind)
          .filter((object) => isListed(object, options))
          .map((o) => strip(kind, o)),
    };
  }

  async get(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject | undefined> {
    this.#receive({ verb: 'get', kind: kind.kind, name });
    return this.#objects.get(keyOf(kind, namespace, name));
  }

  async list(kind: ResourceKind, options: ListOptions = {}): Promise<ObjectList> {
    this.#receive({ verb: 'list', kind: kind.kind, name: '' });
    const items = this.all(kind).filter((object) => isListed(object, options));
    return {
      resourceVersion: String(this.#version),
      items: options.metadataOnly === true ? items.map(partial) : items,
    };
  }

  watch(): AsyncIterable<WatchEvent> {
    throw new Error('this fake has no watches');
  }

  async create(
    kind: ResourceKind,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { name } = object.metadata;
    this.#receive({ verb: options.dryRun === true ? 'dry-run' : 'create', kind: kind.kind, name });
    if (this.#objects.has(keyOfObject(object))) throw refusal(409, 'AlreadyExists', object);
    const admitted = this.admission(structuredClone(object));
    return options.dryRun === true ? admitted : this.#store(admitted);
  }

  async replace(
    kind: ResourceKind,
    object: KubeObject,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    const { name, namespace } = object.metadata;
    this.#receive({ verb: options.dryRun === true ? 'dry-run' : 'replace', kind: kind.kind, name });
    const before = this.#existing(kind, namespace, name);
    return this.#update(before, structuredClone(object), options);
  }

  async patch(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    patch: PatchKind,
    body: unknown,
    options: WriteOptions = {},
  ): Promise<KubeObject> {
    this.#receive({ verb: options.dryRun === true ? 'dry-run' : 'patch', kind: kind.kind, name });
    const before = this.#existing(kind, namespace, name);
    return this.#update(before, patched(before, patch, body), options);
  }

  async delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    preconditions: { uid?: string; resourceVersion?: string } = {},
  ): Promise<void> {
    this.#receive({ verb: 'delete', kind: kind.kind, name });
    const object = this.#objects.get(keyOf(kind, namespace, name));
    if (object === undefined) return;
    const { uid, resourceVersion } = object.metadata;
    const isOther =
      (preconditions.uid ?? uid) !== uid ||
      (preconditions.resourceVersion ?? resourceVersion) !== resourceVersion;
    if (isOther) throw refusal(409, 'Conflict', object);
    this.#objects.delete(keyOf(kind, namespace, name));
  }

  #receive(request: FakeRequest): void {
    this.requests.push(request);
    const index = this.#failures.findIndex(({ request: wanted }) =>
      Object.entries(wanted).every(([field, value]) => Reflect.get(request, field) === value),
    );
    const [failure] = index < 0 ? [] : this.#failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  }

  #existing(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject {
    const object = this.#objects.get(keyOf(kind, namespace, name));
    if (object !== undefined) return object;
    throw new ClusterError(`${kind.kind} ${name} not found`, { code: 404, reason: 'NotFound' });
  }

  #update(before: KubeObject, after: KubeObject, { dryRun = false }: WriteOptions): KubeObject {
    const { resourceVersion } = after.metadata;
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw refusal(409, 'Conflict', before);
    }
    const admitted = this.admission(after);
    if (changesForbidden(before, admitted)) throw refusal(422, 'Invalid', before);
    if (dryRun) return admitted;
    return isDeepStrictEqual(before, admitted) ? before : this.#store(admitted);
  }

  #store(object: KubeObject): KubeObject {
    const before = this.#objects.get(keyOfObject(object));
    const isNewSpec = !isDeepStrictEqual(before?.['spec'], object['spec']);
    const generation =
      (before?.metadata.generation ?? 0) + (isNewSpec || before === undefined ? 1 : 0);
    this.#version += 1;
    const stored: KubeObject = {
      ...structuredClone(object),
      metadata: {
        ...structuredClone(object.metadata),
        uid: before?.metadata.uid ?? object.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: String(this.#version),
        generation,
      },
    };
    this.#objects.set(keyOfObject(object), stored);
    return stored;
  }
}

function keyOf(kind: ResourceKind, namespace: string | undefined, name: string): string {
  return `${apiVersionOf(kind)}/${kind.kind}/${namespace ?? ''}/${name}`;
}

function keyOfObject({ apiVersion, kind, metadata }: KubeObject): string {
  return `${apiVersion}/${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function isListed({ metadata }: KubeObject, { namespace, labelSelector }: ListOptions): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false;
  return labelSelector === undefined || selecting(labelSelector)(metadata.labels);
}

function partial({ metadata }: KubeObject): KubeObject {
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata };
}

function patched(before: KubeObject, patch: PatchKind, body: unknown): KubeObject {
  if (patch === 'merge') return merged(before, body) as KubeObject;
  if (patch !== 'json') throw new Error(`this fake knows no ${patch} patches`);
  try {
    const copy = structuredClone(before);
    return fastJsonPatch.applyPatch(copy, structuredClone(body) as Operation[], true).newDocument;
  } catch (cause) {
    throw new ClusterError('the patch does not apply', { code: 422, reason: 'Invalid', cause });
  }
}

/** RFC 7386. */
function merged(before: unknown, body: unknown): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    return structuredClone(body);
  const isMap = before !== null && typeof before === 'object' && !Array.isArray(before);
  const result: Record<string, unknown> = isMap ? { ...before } : {};
  for (const [key, value] of Object.entries(body)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** What the API server lets nobody change. */
function changesForbidden(before: KubeObject, after: KubeObject): boolean {
  const changes = (read: (object: KubeObject) => unknown) =>
    !isDeepStrictEqual(read(before), read(after));
  if (before.kind === 'ControllerRevision') return changes((object) => object['data']);
  if (before.kind === 'Deployment') {
    return changes((object) => (object['spec'] as { selector?: unknown } | undefined)?.selector);
  }
  return before['immutable'] === true && changes(({ data, binaryData }) => [data, binaryData]);
}

function refusal(code: number, reason: string, { kind, metadata }: KubeObject): ClusterError {
  return new ClusterError(`${kind} ${metadata.name}: ${reason}`, { code, reason });
}
