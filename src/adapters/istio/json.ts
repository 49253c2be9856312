/**
 * Reading raw JSON that others wrote: what is not of the expected shape reads as empty, so that a
 * strange object leads to a sentence for its owner and not to a crash.
 */
export type Json = Record<string, unknown>;

export function objectOf(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Json)
    : {};
}

export function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The text as a JSON object; undefined for anything else. */
export function parsedObject(text: string | undefined): Json | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Json)
      : undefined;
  } catch {
    return undefined;
  }
}

/** `fields` over `base`; those that are undefined are taken out of it. */
export function withFields(base: Json, fields: Json): Json {
  const merged = { ...base, ...fields };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}
