import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import { TAKEN_UP } from '../../src/api/annotations.ts';
import type { CanaryStatus } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/ports/cluster.ts';
import { stampAnnotation, type Contents } from './contents.ts';
import type { Request, Write } from './requests.ts';
import type { Weakness } from './rules.ts';
import { CANARY } from './slots.ts';
import { normal } from './time.ts';

/** The version under which a write may take effect; undefined: whatever is there. */
export function demandedVersion(write: Write): string | undefined {
  switch (write.verb) {
    case 'store':
    case 'delete':
      return write.version;
    case 'create':
      return undefined;
    case 'patch':
      return write.patch === 'merge' ? mergeVersion(write.body) : jsonVersion(write.body);
  }
}

function mergeVersion(body: unknown): string | undefined {
  return (body as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion;
}

function jsonVersion(body: unknown): string | undefined {
  const operations = body as { path: string; value?: unknown }[];
  return operations.find(({ path }) => path === VERSION_PATH)?.value as string | undefined;
}

const VERSION_PATH = '/metadata/resourceVersion';

/** What an object becomes by a write: a pure function, computed once for each pair. */
export class Writes {
  readonly #contents: Contents;
  readonly #weakness: Weakness | undefined;
  readonly #known = new WeakMap<Request, Map<string, number>>();

  constructor(contents: Contents, weakness: Weakness | undefined) {
    this.#contents = contents;
    this.#weakness = weakness;
  }

  /** The content after the write. `elapsed`: ticks since the look of the writer began. */
  after(write: Write, slot: number, before: number, elapsed: number): number {
    const key = `${before}/${elapsed}`;
    const known = this.#known.get(write) ?? new Map<string, number>();
    this.#known.set(write, known);
    const after = known.get(key);
    if (after !== undefined) return after;
    const made = this.#contents.intern(this.#made(write, slot, before, elapsed));
    known.set(key, made);
    return made;
  }

  #made(write: Write, slot: number, before: number, elapsed: number): KubeObject | undefined {
    const old = this.#contents.object(before);
    const made = this.#applied(write, slot, old, elapsed);
    if (this.#weakness !== 'no stamps' || made === undefined || slot === CANARY) return made;
    const bare = withoutStamp(made, stampAnnotation(slot));
    return old !== undefined && isDeepStrictEqual(bare, withoutStamp(old, stampAnnotation(slot)))
      ? old
      : bare;
  }

  #applied(
    write: Write,
    slot: number,
    old: KubeObject | undefined,
    elapsed: number,
  ): KubeObject | undefined {
    switch (write.verb) {
      case 'delete':
        return undefined;
      case 'create':
        return generated(born(write.object, slot), undefined);
      case 'store':
        return { ...must(old), status: normal(write.status as CanaryStatus, elapsed) };
      case 'patch':
        return generated(uncounted(patched(must(old), write.patch, write.body)), old);
    }
  }
}

function must(object: KubeObject | undefined): KubeObject {
  if (object === undefined) throw new Error('nothing is there to be changed');
  return object;
}

function born(object: KubeObject, slot: number): KubeObject {
  const born = structuredClone(object);
  return { ...born, metadata: { ...born.metadata, uid: `uid-${slot}` } };
}

/**
 * How often a pinned object was taken up only makes each time a change, and nothing reads it: odd or
 * even is enough of it, and keeps the world finite.
 */
function uncounted(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  const times = annotations?.[TAKEN_UP];
  if (times === undefined) return object;
  const told = { ...annotations, [TAKEN_UP]: String(Number(times) % 2) };
  return { ...object, metadata: { ...object.metadata, annotations: told } };
}

/** A changed spec is a new generation, of which the status does not speak yet. */
function generated(object: KubeObject, before: KubeObject | undefined): KubeObject {
  if (object.kind !== 'Deployment') return object;
  if (before !== undefined && isDeepStrictEqual(before['spec'], object['spec'])) return object;
  const metadata = { ...object.metadata, generation: 2 };
  const status = { ...(before?.['status'] ?? NO_PODS), observedGeneration: 1 };
  return { ...object, metadata, status };
}

export const NO_PODS = {
  replicas: 0,
  updatedReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  podsOf: '',
};

function patched(old: KubeObject, patch: string, body: unknown): KubeObject {
  if (patch === 'merge') return merged(old, body) as KubeObject;
  const operations = (body as jsonPatch.Operation[]).filter(({ path }) => path !== VERSION_PATH);
  return jsonPatch.applyPatch(structuredClone(old), structuredClone(operations)).newDocument;
}

/** RFC 7386. */
function merged(old: unknown, body: unknown): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return body;
  const result = { ...(old as Record<string, unknown> | undefined) };
  for (const [key, value] of Object.entries(body)) {
    if (value === null || key === 'resourceVersion') delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function withoutStamp(object: KubeObject, stamp: string): KubeObject {
  const { [stamp]: _, ...annotations } = object.metadata.annotations ?? {};
  return { ...object, metadata: { ...object.metadata, annotations } };
}
