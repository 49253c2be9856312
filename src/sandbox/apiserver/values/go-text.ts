import { isJsonObject, scalarText } from './json-tree.ts';

/** A JSON value as Go prints it: `map[image:x ports:[1 2]]`. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isJsonObject(value)) {
    const fields = Object.keys(value).sort();
    return `map[${fields.map((field) => `${field}:${goText(value[field])}`).join(' ')}]`;
  }
  return scalarText(value, '<nil>');
}
