import { alreadyExists, forbidden, invalid, notFound } from './api-errors.ts';
import type { FieldFault } from './api-errors.ts';
import { ApiError, type KubeObject } from '../cluster-state.ts';
import { decodeObject, type FieldValidation } from './decode.ts';
import { UndecodableError } from '../builtin/decode.ts';
import { fieldFault } from './field-faults.ts';
import { jsonEqual } from '../values/json-tree.ts';
import { trackUpdate, withoutTimes } from '../ownership/managed-fields.ts';
import {
  bearMetadata,
  carryMetadata,
  metadataFaults,
  metadataUpdateFaults,
  raiseGeneration,
  requireAddressed,
} from './metadata.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { contentFaults } from '../schema/validation.ts';
import type { Storage } from './storage.ts';
import { isLetGo, keepUntouched, requireFresh, resetStatus } from './update-rules.ts';
import type { Subresource, UpdateRequest } from './update-request.ts';

/** How a write is to be done and on whose behalf. */
export interface WriteOptions {
  fieldManager: string;
  dryRun: boolean;
  fieldValidation: FieldValidation;
  warn: (message: string) => void;
}

/** How the server writes on its own behalf. */
export const INTERNAL_WRITE: WriteOptions = {
  fieldManager: 'kube-apiserver',
  dryRun: false,
  fieldValidation: 'Ignore',
  warn: () => {},
};

/** What is about to be stored. Throws an ApiError to reject it, as an admission webhook would. */
export type Admission = (review: {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  definition: ResourceDefinition;
  object: KubeObject | undefined;
  previous: KubeObject | undefined;
  subresource: Subresource | undefined;
  dryRun: boolean;
}) => void;

/** The way in: decoding, defaulting, ownership, admission, validation, fencing, commit. */
export class ObjectWrites {
  readonly #storage: Storage;
  readonly #now: () => Date;
  readonly #admit: Admission;

  constructor(storage: Storage, now: () => Date, admit: Admission) {
    this.#storage = storage;
    this.#now = now;
    this.#admit = admit;
  }

  create(
    definition: ResourceDefinition,
    namespace: string | undefined,
    raw: unknown,
    options: WriteOptions,
    tracked = false,
  ): KubeObject {
    const object = decodeObject(definition, raw, options.fieldValidation, options.warn);
    requireAddressed(object, namespace);
    if (object.metadata.resourceVersion) {
      throw new ApiError(500, '', 'resourceVersion should not be set on objects to be created');
    }
    bearMetadata(definition, object, namespace, this.#now());
    resetStatus(definition, object);
    if (!tracked) this.#track(definition, object, undefined, undefined, options);
    definition.rules.prepareForCreate?.(object);
    this.#requireNamespace(definition, object);
    this.#admit({ ...review(definition, object, undefined, options), operation: 'CREATE' });
    this.#refuseFaults(definition, object, undefined, undefined);
    for (const warning of definition.rules.warnings?.(object) ?? []) options.warn(warning);
    const { table } = definition.storage;
    if (this.#storage.get(table, object.metadata.namespace, object.metadata.name)) {
      throw alreadyExists(definition, object.metadata.name);
    }
    return this.#store(definition, 'ADDED', object, options);
  }

  update(
    definition: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    request: UpdateRequest,
    options: WriteOptions,
  ): KubeObject {
    const current = this.read(definition, namespace, name);
    const changed = request.change(current);
    const next = decodeChanged(definition, changed, request, options);
    requireAddressed(next, namespace, name);
    requireFresh(definition, next, current, request);
    // Ownership goes by what was sent, also where this endpoint does not write it.
    if (request.ownsTracking !== true) {
      this.#track(definition, next, current, request.subresource, options);
    }
    keepUntouched(definition, next, current, request.subresource);
    carryMetadata(next, current);
    definition.rules.prepareForUpdate?.(next, current);
    if (request.subresource !== 'status') raiseGeneration(definition, next, current);
    const { subresource } = request;
    this.#admit({
      ...review(definition, next, current, options),
      operation: 'UPDATE',
      subresource,
    });
    this.#refuseFaults(definition, next, current, subresource);
    if (isLetGo(next, current)) return this.#store(definition, 'DELETED', next, options);
    if (jsonEqual(withoutTimes(next), withoutTimes(current))) return current;
    return this.#store(definition, 'MODIFIED', next, options);
  }

  read(definition: ResourceDefinition, namespace: string | undefined, name: string): KubeObject {
    const stored = this.#storage.get(definition.storage.table, namespace, name);
    if (!stored) throw notFound(definition, name);
    return definition.storage.decode(stored);
  }

  #track(
    definition: ResourceDefinition,
    next: KubeObject,
    current: KubeObject | undefined,
    subresource: Subresource | undefined,
    options: WriteOptions,
  ): void {
    const writer = { manager: options.fieldManager, subresource };
    next.metadata.managedFields = trackUpdate(definition, next, current, writer, this.#now());
    if (next.metadata.managedFields.length === 0) delete next.metadata.managedFields;
  }

  #requireNamespace(definition: ResourceDefinition, object: KubeObject): void {
    const { namespace } = object.metadata;
    if (!definition.namespaced || namespace === undefined) return;
    const home = this.#storage.get('namespaces', undefined, namespace);
    if (!home) {
      throw notFound({ group: '', resource: 'namespaces', kind: 'Namespace' }, namespace);
    }
    if (home.metadata.deletionTimestamp === undefined) return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    throw forbidden(definition, object.metadata.name, why, [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ]);
  }

  #refuseFaults(
    definition: ResourceDefinition,
    next: KubeObject,
    current: KubeObject | undefined,
    subresource: Subresource | undefined,
  ): void {
    const faults: FieldFault[] = [...metadataFaults(definition, next)];
    if (current) {
      // The API checks these for every kind, and then once more with the kind's own rules.
      const changes = metadataUpdateFaults(next, current);
      faults.push(...changes, ...changes);
    }
    faults.push(...contentFaults(definition, next, current));
    if (subresource === 'status' && current) {
      faults.push(...(definition.rules.validateStatus?.(next, current) ?? []));
    } else faults.push(...(definition.rules.validate?.(next, current) ?? []));
    if (faults.length > 0) throw invalid(definition, next.metadata.name, faults);
  }

  #store(
    definition: ResourceDefinition,
    type: 'ADDED' | 'MODIFIED' | 'DELETED',
    object: KubeObject,
    options: WriteOptions,
  ): KubeObject {
    if (options.dryRun) return type === 'ADDED' ? unborn(object) : object;
    const { table, encode, decode } = definition.storage;
    return decode(this.#storage.commit({ type, table, object: encode(object) }));
  }
}

/** What a dry run created has no place in history. */
function unborn(object: KubeObject): KubeObject {
  const { resourceVersion: _resourceVersion, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

function decodeChanged(
  definition: ResourceDefinition,
  changed: unknown,
  { describePatch }: UpdateRequest,
  { fieldValidation, warn }: WriteOptions,
): KubeObject {
  try {
    return decodeObject(definition, changed, fieldValidation, warn);
  } catch (error) {
    const isOfPatch = error instanceof ApiError && error.code === 400 && !definition.custom;
    if (!describePatch || !isOfPatch) throw error;
    const detail = error instanceof UndecodableError ? error.detail : error.message;
    throw invalid({ group: '', kind: '' }, '', [
      fieldFault.invalid('patch', describePatch(changed), detail),
    ]);
  }
}

function review(
  definition: ResourceDefinition,
  object: KubeObject,
  previous: KubeObject | undefined,
  { dryRun }: WriteOptions,
): Omit<Parameters<Admission>[0], 'operation'> {
  return { definition, object, previous, subresource: undefined, dryRun };
}
