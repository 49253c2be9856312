import type { FieldFault } from '../objects/api-errors.ts';
import type { KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { isJsonObject, jsonEqual } from '../values/json-tree.ts';

/** Most that the values of one ConfigMap or Secret may take, in bytes. */
const MOST_DATA = 1024 * 1024;

export function configDataFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  const bytes = textBytes(next['data']) + base64Bytes(next['binaryData']);
  return [...frozenDataFaults(next, previous), ...sizeFaults('[]', bytes)];
}

export function secretDataFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  return [...frozenDataFaults(next, previous), ...sizeFaults('data', base64Bytes(next['data']))];
}

function sizeFaults(field: string, bytes: number): FieldFault[] {
  return bytes > MOST_DATA ? [fieldFault.tooLong(field, MOST_DATA)] : [];
}

/** `immutable: true` freezes the data, and itself. */
function frozenDataFaults(next: KubeObject, previous: KubeObject | undefined): FieldFault[] {
  if (previous?.['immutable'] !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const faults = next['immutable'] === true ? [] : [fieldFault.forbidden('immutable', detail)];
  for (const field of ['data', 'binaryData']) {
    if (!jsonEqual(next[field], previous[field])) faults.push(fieldFault.forbidden(field, detail));
  }
  return faults;
}

function textBytes(data: unknown): number {
  return stringsOf(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function base64Bytes(data: unknown): number {
  return stringsOf(data).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
}

function stringsOf(data: unknown): string[] {
  if (!isJsonObject(data)) return [];
  return Object.values(data).filter((value) => typeof value === 'string');
}
