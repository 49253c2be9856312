import { CanaryInput } from './canary.ts';

/**
 * A Canary that is being deleted and whose spec is not allowed, without what is wrong in it: to give
 * everything back, its target and its Services have to be known, and no more. Undefined when those
 * cannot be read either, or when nobody deletes it.
 */
export function withFarewellSpec(raw: unknown): unknown {
  if (!isMap(raw) || !isMap(raw['spec']) || !isMap(raw['metadata'])) return undefined;
  if (typeof raw['metadata']['deletionTimestamp'] !== 'string') return undefined;
  const kept = Object.entries(raw['spec']).filter(([field]) => !UNNEEDED.has(field));
  // Whoever leaves is judged no more.
  const spec = structuredClone({ ...Object.fromEntries(kept), skipAnalysis: true });
  const mended = { ...raw, spec };
  for (;;) {
    const read = CanaryInput.safeParse(mended);
    if (read.success) return mended;
    const [issue] = read.error.issues;
    if (issue === undefined || !removeAt(mended, issue.path)) return undefined;
  }
}

const UNNEEDED: ReadonlySet<string> = new Set(['analysis', 'canaryAnalysis', 'windows']);

/** Removes the field at fault, or the one around it that misses it; false when that is needed. */
function removeAt(root: Record<string, unknown>, path: readonly PropertyKey[]): boolean {
  for (let length = path.length; length >= LEAST; length -= 1) {
    const way = path.slice(0, length);
    if (way[0] !== 'spec' || (length === LEAST && NEEDED.has(String(way[1])))) return false;
    const holder = way.slice(0, -1).reduce<unknown>(valueAt, root);
    const field = way.at(-1) ?? '';
    if (valueAt(holder, field) === undefined) continue;
    if (Array.isArray(holder)) holder.splice(Number(field), 1);
    else Reflect.deleteProperty(holder as object, field);
    return true;
  }
  return false;
}

/** `spec.field` */
const LEAST = 2;
const NEEDED: ReadonlySet<string> = new Set(['targetRef', 'service', 'version']);

function valueAt(holder: unknown, field: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, field) : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
