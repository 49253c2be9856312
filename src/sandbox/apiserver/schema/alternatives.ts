import type { FieldFault } from '../objects/api-errors.ts';
import { fieldFault } from '../objects/field-faults.ts';
import type { Schema } from './schema.ts';

/** The faults against `allOf`, `anyOf`, `oneOf` and `not`; `check` tries one of them. */
export function alternativeFaults(
  schema: Schema,
  path: string,
  check: (alternative: Schema) => FieldFault[],
): FieldFault[] {
  const against = (alternatives: Schema[] | undefined): FieldFault[][] =>
    (alternatives ?? []).map(check);
  return [
    ...anyOfFaults(against(schema.anyOf), path),
    ...oneOfFaults(against(schema.oneOf), path),
    ...allOfFaults(against(schema.allOf), path),
    ...notFaults(schema, path, check),
  ];
}

function anyOfFaults(results: FieldFault[][], path: string): FieldFault[] {
  if (results.length === 0 || results.some((faults) => faults.length === 0)) return [];
  return [whole(path, 'must validate at least one schema (anyOf)'), ...(fewest(results) ?? [])];
}

function oneOfFaults(results: FieldFault[][], path: string): FieldFault[] {
  const valid = results.filter((faults) => faults.length === 0).length;
  if (results.length === 0 || valid === 1) return [];
  if (valid > 1) {
    const found = `Found ${valid} valid alternatives`;
    return [whole(path, `must validate one and only one schema (oneOf). ${found}`)];
  }
  return [
    whole(path, 'must validate one and only one schema (oneOf). Found none valid'),
    ...(fewest(results) ?? []),
  ];
}

function allOfFaults(results: FieldFault[][], path: string): FieldFault[] {
  const valid = results.filter((faults) => faults.length === 0).length;
  if (valid === results.length) return [];
  const none = valid === 0 ? '. None validated' : '';
  return [...results.flat(), whole(path, `must validate all the schemas (allOf)${none}`)];
}

function notFaults(
  schema: Schema,
  path: string,
  check: (alternative: Schema) => FieldFault[],
): FieldFault[] {
  if (!schema.not || check(schema.not).length > 0) return [];
  return [whole(path, 'must not validate the schema (not)')];
}

function whole(path: string, detail: string): FieldFault {
  return fieldFault.invalid('<nil>', '', `"${path}" ${detail}`);
}

function fewest(results: FieldFault[][]): FieldFault[] | undefined {
  return [...results].sort((left, right) => left.length - right.length)[0];
}
