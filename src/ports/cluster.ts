/**
 * The seam to Kubernetes: raw JSON, so that a field newer than this code survives a write
 * (DESIGN, law 8).
 */

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  [field: string]: unknown;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** Names a served resource: `{group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment'}`. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The plural in the URL. */
  readonly resource: string;
  readonly kind: string;
}

export interface ObjectList {
  readonly resourceVersion: string;
  readonly items: KubeObject[];
}

export interface CallOptions {
  /** Ends the request, its retries and the reading of its answer. */
  readonly signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Ask for `PartialObjectMetadata` only: names and versions, no content. */
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends ListOptions {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubeObject }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

export interface WriteOptions extends CallOptions {
  readonly dryRun?: boolean;
  readonly subresource?: 'status';
  /** Only for `apply`: take fields over from other managers. */
  readonly force?: boolean;
}

/** Live access. Every method rejects with `ClusterError`; `get` answers undefined for a 404. */
export interface ApiClient {
  get(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options?: CallOptions,
  ): Promise<KubeObject | undefined>;
  list(kind: ResourceKind, options?: ListOptions): Promise<ObjectList>;
  /**
   * Streams events until the server or `signal` ends it. Rejects with `ClusterError` code 410
   * when the resourceVersion is too old, in the stream too.
   */
  watch(kind: ResourceKind, options: WatchOptions): AsyncIterable<WatchEvent>;
  create(kind: ResourceKind, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Sends `metadata.resourceVersion` of the object when it has one: 409 when it is not the newest. */
  replace(kind: ResourceKind, object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  patch(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    patch: PatchKind,
    body: unknown,
    options?: WriteOptions,
  ): Promise<KubeObject>;
  /** Answers undefined when the object was already gone. */
  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    preconditions?: { uid?: string; resourceVersion?: string },
    options?: CallOptions,
  ): Promise<void>;
}

/**
 * What the watches have seen. Answers to own writes enter it at once; older events never replace
 * them. Objects in it are shared: never change one.
 */
export interface LocalStore {
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined;
  list(kind: ResourceKind, namespace?: string): readonly KubeObject[];
}

/**
 * Where an observation comes from: the local store, or live reads of the API server for decisions
 * that are made twice (DESIGN section 5). Both have the same shape, so adapters read through it
 * without knowing which.
 */
export interface ClusterReader {
  get(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
  ): Promise<KubeObject | undefined>;
  list(
    kind: ResourceKind,
    options?: { readonly namespace?: string; readonly labelSelector?: string },
  ): Promise<readonly KubeObject[]>;
}

/** An answer of the API server that is not a success, or no answer at all. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  /** HTTP status; 0 when there was no answer. */
  readonly code: number;
  /** The Status' reason, such as `Conflict`, `Invalid`, `Expired`; `NoAnswer` without one. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { code: number; reason: string; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: facts.cause });
    this.code = facts.code;
    this.reason = facts.reason;
    this.retryAfterMs = facts.retryAfterMs;
  }
}

/** True when somebody else wrote first: start again from fresh state. */
export function isConflict(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 409 && error.reason === 'Conflict';
}
