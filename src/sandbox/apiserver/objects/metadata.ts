import { randomBytes, randomUUID } from 'node:crypto';

import { badRequest, type FieldFault } from './api-errors.ts';
import type { KubeObject, ObjectMeta } from '../cluster-state.ts';
import { fieldFault } from './field-faults.ts';
import { jsonEqual } from '../values/json-tree.ts';
import { labelFaults, qualifiedNameFaults } from './name-rules.ts';
import type { ResourceDefinition } from './resource-definition.ts';

/** The time as object metadata states it: UTC, whole seconds. */
export function metadataTime(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** What the server decides about a new object: identity, birth, and first generation. */
export function bearMetadata(
  definition: ResourceDefinition,
  object: KubeObject,
  namespace: string | undefined,
  now: Date,
): void {
  const given = object.metadata;
  const name = given.name || (given.generateName ? generatedName(given.generateName) : '');
  object.metadata = {
    ...given,
    name,
    ...(definition.namespaced && namespace !== undefined ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: metadataTime(now),
    resourceVersion: '',
  };
  const { metadata } = object;
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.generation;
  if (definition.rules.generation !== 'none') metadata.generation = 1;
}

/** What an update cannot change is carried over, and filled in where the client left it out. */
export function carryMetadata(next: KubeObject, previous: KubeObject): void {
  const { metadata } = next;
  const before = previous.metadata;
  metadata.name ||= before.name;
  metadata.uid ||= before.uid;
  metadata.creationTimestamp = before.creationTimestamp;
  if (before.namespace !== undefined) metadata.namespace ??= before.namespace;
  carry(metadata, before, 'generation');
  carry(metadata, before, 'deletionTimestamp');
  carry(metadata, before, 'deletionGracePeriodSeconds');
}

/** Raises the generation when the kind's rule says that this change calls for it. */
export function raiseGeneration(
  definition: ResourceDefinition,
  next: KubeObject,
  previous: KubeObject,
): void {
  const before = previous.metadata.generation;
  if (before === undefined || !calledFor(definition, next, previous)) return;
  next.metadata.generation = before + 1;
}

/** Refuses a body whose name or namespace contradicts the address it was sent to. */
export function requireAddressed(
  object: KubeObject,
  namespace: string | undefined,
  name?: string,
): void {
  const given = object.metadata;
  if (given.namespace && namespace !== undefined && given.namespace !== namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
  if (name !== undefined && given.name && given.name !== name) {
    throw badRequest(
      `the name of the object (${given.name}) does not match the name on the URL (${name})`,
    );
  }
}

/** Most that all annotations of an object may take together, in bytes. */
const MOST_ANNOTATIONS = 256 * 1024;

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

export function metadataFaults(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
): FieldFault[] {
  const faults: FieldFault[] = [];
  if (!metadata.name) {
    const detail = 'name or generateName is required';
    faults.push(fieldFault.required('metadata.name', detail));
  }
  if (!definition.namespaced && metadata.namespace) {
    faults.push(fieldFault.forbidden('metadata.namespace', 'not allowed on this type'));
  }
  faults.push(...labelFaults(metadata.labels ?? {}, 'metadata.labels'));
  for (const key of Object.keys(metadata.annotations ?? {})) {
    for (const detail of qualifiedNameFaults(key.toLowerCase())) {
      faults.push(fieldFault.invalid('metadata.annotations', key, detail));
    }
  }
  if (annotationBytes(metadata) > MOST_ANNOTATIONS) {
    faults.push(fieldFault.tooLong('metadata.annotations', MOST_ANNOTATIONS));
  }
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    for (const detail of qualifiedNameFaults(finalizer)) {
      faults.push(fieldFault.invalid('metadata.finalizers', finalizer, detail));
    }
    if (definition.custom || finalizer.includes('/')) continue;
    if (STANDARD_FINALIZERS.has(finalizer)) continue;
    const detail = 'name is neither a standard finalizer name nor is it fully qualified';
    faults.push(fieldFault.invalid(`metadata.finalizers[${index}]`, finalizer, detail));
  }
  return [...faults, ...ownerFaults(metadata)];
}

function annotationBytes({ annotations }: ObjectMeta): number {
  const texts = Object.entries(annotations ?? {}).flat();
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

export function metadataUpdateFaults(next: KubeObject, previous: KubeObject): FieldFault[] {
  const faults: FieldFault[] = [];
  const immutable = ['name', 'namespace', 'uid'] as const;
  for (const field of immutable) {
    const value = next.metadata[field];
    if (value !== previous.metadata[field]) {
      faults.push(fieldFault.invalid(`metadata.${field}`, value, 'field is immutable'));
    }
  }
  if (previous.metadata.deletionTimestamp !== undefined) {
    const before = new Set(previous.metadata.finalizers);
    const added = (next.metadata.finalizers ?? []).filter((one) => !before.has(one));
    if (added.length > 0) {
      const list = added.map((one) => `"${one}"`).join(', ');
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      faults.push(fieldFault.forbidden('metadata.finalizers', detail));
    }
  }
  return faults;
}

/** Letters and digits that spell no words, as the API appends to `generateName`. */
function generatedName(prefix: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  const suffix = [...randomBytes(5)].map((byte) => alphabet[byte % alphabet.length]).join('');
  return `${prefix.slice(0, 58)}${suffix}`;
}

function carry(metadata: ObjectMeta, before: ObjectMeta, field: keyof ObjectMeta): void {
  const { [field]: value } = before;
  Object.assign(metadata, { [field]: value });
  if (value === undefined) delete metadata[field];
}

function calledFor(
  definition: ResourceDefinition,
  next: KubeObject,
  previous: KubeObject,
): boolean {
  const { metadata } = next;
  switch (definition.rules.generation) {
    case 'none':
      return false;
    case 'spec':
      return !jsonEqual(next.spec, previous.spec);
    case 'spec-and-annotations':
      return (
        !jsonEqual(next.spec, previous.spec) ||
        !jsonEqual(metadata.annotations ?? {}, previous.metadata.annotations ?? {})
      );
    case 'content':
      return !jsonEqual(
        contentOf(next, definition.subresources.status),
        contentOf(previous, definition.subresources.status),
      );
  }
}

function contentOf(object: KubeObject, hasStatus: boolean): Record<string, unknown> {
  const { metadata: _metadata, apiVersion: _version, ...content } = object;
  if (hasStatus) delete content.status;
  return content;
}

function ownerFaults(metadata: ObjectMeta): FieldFault[] {
  const faults: FieldFault[] = [];
  const path = 'metadata.ownerReferences';
  for (const owner of metadata.ownerReferences ?? []) {
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      if (owner[field]) continue;
      const detail = field === 'apiVersion' ? 'version must not be empty' : 'must not be empty';
      faults.push(fieldFault.invalid(`${path}.${field}`, owner[field] ?? '', detail));
    }
  }
  const controllers = (metadata.ownerReferences ?? []).filter((owner) => owner.controller === true);
  const [first, second] = controllers;
  if (first && second) {
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
    faults.push(fieldFault.invalid(path, metadata.ownerReferences, detail));
  }
  return faults;
}
