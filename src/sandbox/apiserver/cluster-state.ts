/**
 * The cluster as the sandbox's own controllers see it: the same store the HTTP API serves, in
 * process and without HTTP.
 *
 * Objects handed out are deeply frozen and shared; change a `structuredClone` of one and hand that
 * back. Every write goes through the same defaulting, validation, fencing by resourceVersion,
 * finalizers and garbage collection as a request over HTTP would.
 */
export interface ClusterState {
  get(kind: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined;

  /** All objects of the kind, or those of one namespace, ordered by namespace and name. */
  list(kind: ResourceKind, namespace?: string): KubeObject[];

  /** Throws AlreadyExists, Invalid, or NotFound for a namespace that does not exist. */
  create(kind: ResourceKind, object: KubeObjectInput): KubeObject;

  /**
   * Replaces everything but status (where the kind has a status subresource). With
   * `metadata.resourceVersion` set it throws Conflict unless that is the stored one; without, the
   * last write wins.
   */
  replace(kind: ResourceKind, object: KubeObjectInput): KubeObject;

  /** Replaces status only; the same resourceVersion rule as `replace`. */
  replaceStatus(kind: ResourceKind, object: KubeObjectInput): KubeObject;

  /**
   * Deletes as the API does: finalizers and grace periods keep the object with a
   * `deletionTimestamp`. Pods have a grace period of 30 s unless told otherwise; whoever plays the
   * kubelet ends them with `gracePeriodSeconds: 0`. Throws NotFound.
   */
  delete(
    kind: ResourceKind,
    namespace: string | undefined,
    name: string,
    options?: DeleteInput,
  ): void;

  /**
   * Calls the listener synchronously: at once with ADDED for each existing object, then after each
   * commit, in the order of commits, also those that a listener itself makes (delivered after the
   * event being delivered). Returns the function that ends it.
   */
  subscribe(kind: ResourceKind, listener: (event: ClusterEvent) => void): () => void;
}

/** A resource by its plural name; the core group is the empty string. */
export interface ResourceKind {
  group: string;
  version: string;
  resource: string;
}

export interface ClusterEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [field: string]: JsonValue | undefined;
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: 'FieldsV1';
  fieldsV1?: JsonObject;
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: JsonObject;
  status?: JsonObject;
  [field: string]: unknown;
}

/** What a caller has to say about an object: the rest of metadata is the server's. */
export interface KubeObjectInput {
  apiVersion?: string;
  kind?: string;
  metadata: Partial<ObjectMeta>;
  spec?: JsonObject;
  status?: JsonObject;
  [field: string]: unknown;
}

export interface DeleteInput {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** A refusal as the API states it; `code` is the HTTP status, `reason` the machine-readable cause. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}
