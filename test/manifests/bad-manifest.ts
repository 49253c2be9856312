import type { Kind } from '../../src/api/group.ts';
import { GOOD } from './good-manifests.ts';

/** One mistake in an otherwise good manifest, and how it is refused. */
export interface BadManifest {
  /** What is wrong, as the title of a test. */
  wrong: string;
  kind: Kind;
  /** Dotted paths in the good manifest of the kind, and what stands there; undefined removes it. */
  change: Record<string, unknown>;
  /** Where the refusal points: `spec.analysis.metrics[0].interval`. */
  field: string;
  /**
   * Words of the refusal, of the API server's at admission and of the sentence the controller
   * writes. Who has none accepts the manifest: admission knows no time zones, for example.
   */
  says: { admission?: string; controller?: string };
  /** Objects that must stand in the cluster first, for mistakes that only they make. */
  context?: object[];
}

/** A mistake that both refuse in the same words. */
export function both(says: string): BadManifest['says'] {
  return { admission: says, controller: says };
}

/** The manifest of a row under a name of its own. */
export function manifestOf({ kind, change, wrong }: BadManifest): Record<string, unknown> {
  const name = wrong
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  const manifest: Record<string, unknown> = structuredClone(GOOD[kind]);
  for (const [path, value] of Object.entries({ 'metadata.name': name, ...change })) {
    put(manifest, path.split('.'), value);
  }
  return manifest;
}

function put(at: object, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length > 0) {
    const next: unknown = Reflect.get(at, key);
    const child = next !== null && typeof next === 'object' ? next : {};
    Reflect.set(at, key, child);
    put(child, rest, value);
  } else if (value === undefined) {
    Reflect.deleteProperty(at, key);
  } else {
    Reflect.set(at, key, value);
  }
}
