import { conflict } from './api-errors.ts';
import type { DeleteInput, KubeObject } from '../cluster-state.ts';
import { cloneJson, jsonEqual } from '../values/json-tree.ts';
import { metadataTime } from './metadata.ts';
import type { Admission, ObjectWrites } from './writes.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import type { Storage } from './storage.ts';

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

/** The object as the deletion left it; `gone` when nothing of it is stored any more. */
export interface Deletion {
  object: KubeObject;
  gone: boolean;
}

/** The way out: preconditions, grace periods, finalizers, propagation to dependents. */
export class ObjectDeletion {
  readonly #storage: Storage;
  readonly #writes: ObjectWrites;
  readonly #now: () => Date;
  readonly #admit: Admission;

  constructor(storage: Storage, writes: ObjectWrites, now: () => Date, admit: Admission) {
    this.#storage = storage;
    this.#writes = writes;
    this.#now = now;
    this.#admit = admit;
  }

  /** Throws NotFound, Conflict for a failed precondition, or what admission throws. */
  delete(
    definition: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    options: DeleteInput,
    dryRun = false,
  ): Deletion {
    const current = this.#writes.read(definition, namespace, name);
    requirePreconditions(definition, current, options);
    this.#admit({
      operation: 'DELETE',
      definition,
      object: undefined,
      previous: current,
      subresource: undefined,
      dryRun,
    });
    const next = this.#marked(definition, current, options);
    if (next === undefined) {
      return { object: this.#commit(definition, 'DELETED', ended(current), dryRun), gone: true };
    }
    if (jsonEqual(next, current)) return { object: current, gone: false };
    return { object: this.#commit(definition, 'MODIFIED', next, dryRun), gone: false };
  }

  /** The object marked for deletion, or undefined when nothing keeps it. */
  #marked(
    definition: ResourceDefinition,
    current: KubeObject,
    options: DeleteInput,
  ): KubeObject | undefined {
    const next = cloneJson(current);
    const asked = atLeastOne(options.gracePeriodSeconds);
    const pending = current.metadata.deletionGracePeriodSeconds ?? 0;
    const isDeleting = current.metadata.deletionTimestamp !== undefined;
    if (isDeleting && pending > 0 && (asked === undefined || asked >= pending)) return current;
    const grace = isDeleting ? (asked ?? 0) : graceOf(definition, current, asked);
    setFinalizers(next, definition, options);
    const isHeld = definition.rules.holdDeletion?.(next) === true;
    const isKept = isHeld || (next.metadata.finalizers ?? []).length > 0;
    if (grace === 0 && !isKept) return undefined;
    this.#setDeletion(next, current, isDeleting && pending === 0 ? 0 : grace);
    if (isHeld) delete next.metadata.deletionGracePeriodSeconds;
    return next;
  }

  #setDeletion(next: KubeObject, current: KubeObject, grace: number): void {
    const { deletionTimestamp: before, deletionGracePeriodSeconds = 0 } = current.metadata;
    if (before === undefined && next.metadata.generation !== undefined) {
      next.metadata.generation += 1;
    }
    const asked =
      before === undefined
        ? this.#now().getTime()
        : Date.parse(before) - deletionGracePeriodSeconds * 1000;
    const due = Math.max(asked + grace * 1000, this.#now().getTime());
    const isLater = before !== undefined && Date.parse(before) <= due;
    next.metadata.deletionTimestamp = isLater ? before : metadataTime(new Date(due));
    next.metadata.deletionGracePeriodSeconds = grace;
  }

  #commit(
    definition: ResourceDefinition,
    type: 'MODIFIED' | 'DELETED',
    object: KubeObject,
    dryRun: boolean,
  ): KubeObject {
    if (dryRun) return object;
    const { table, encode, decode } = definition.storage;
    return decode(this.#storage.commit({ type, table, object: encode(object) }));
  }
}

/** What was waiting for its grace period has none left. */
function ended(object: KubeObject): KubeObject {
  if (!object.metadata.deletionGracePeriodSeconds) return object;
  return { ...object, metadata: { ...object.metadata, deletionGracePeriodSeconds: 0 } };
}

function requirePreconditions(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  { preconditions }: DeleteInput,
): void {
  const { uid, resourceVersion } = preconditions ?? {};
  const subject = { ...definition, resource: definition.kind };
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, metadata.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
    throw conflict(subject, metadata.name, why);
  }
}

/** A negative grace period counts as one second. */
function atLeastOne(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds < 0 ? 1 : seconds;
}

function graceOf(
  definition: ResourceDefinition,
  object: KubeObject,
  asked: number | undefined,
): number {
  return definition.rules.gracePeriodSeconds?.(object, asked) ?? 0;
}

/** Propagation is remembered as a finalizer, which the garbage collector takes away when done. */
function setFinalizers(
  next: KubeObject,
  { rules }: ResourceDefinition,
  { propagationPolicy }: DeleteInput,
): void {
  const before = next.metadata.finalizers ?? [];
  const others = before.filter((one) => one !== ORPHAN_FINALIZER && one !== FOREGROUND_FINALIZER);
  const remembered = before.find((one) => !others.includes(one));
  const byDefault = rules.orphansByDefault ? ORPHAN_FINALIZER : undefined;
  const policies = {
    Orphan: ORPHAN_FINALIZER,
    Foreground: FOREGROUND_FINALIZER,
    Background: undefined,
  };
  const chosen = propagationPolicy ? policies[propagationPolicy] : (remembered ?? byDefault);
  if (chosen !== undefined && chosen === remembered) return;
  const finalizers = chosen === undefined ? others : [...others, chosen];
  if (finalizers.length > 0) next.metadata.finalizers = finalizers;
  else delete next.metadata.finalizers;
}
