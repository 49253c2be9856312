import { Duration } from '@marcbachmann/cel-js/evaluator';

import type { JsonValue } from '../cluster-state.ts';
import { parseGoDuration } from '../values/go-duration.ts';
import { isJsonObject } from '../values/json-tree.ts';
import { schemaOfField, type Schema } from '../schema/schema.ts';

/** A JSON value as CEL sees it: whole numbers by schema as int or double, times and durations typed. */
export function celValue(value: JsonValue, schema: Schema | undefined): unknown {
  if (typeof value === 'number') return celNumber(value, schema);
  if (typeof value === 'string') return celString(value, schema);
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isJsonObject(value)) return value;
  const isMap = schema?.properties === undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
      .map(([field, part]) => [
        isMap ? field : escapedName(field),
        celValue(part, schemaOfField(schema, field)),
      ]),
  );
}

function celNumber(value: number, schema: Schema | undefined): unknown {
  return schema?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
}

function celString(value: string, schema: Schema | undefined): unknown {
  if (schema?.format === 'date-time' || schema?.format === 'date') return new Date(value);
  if (schema?.format === 'byte') return new Uint8Array(Buffer.from(value, 'base64'));
  if (schema?.format !== 'duration') return value;
  const nanos = parseGoDuration(value);
  if (nanos === undefined) return value;
  return new Duration(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n));
}

const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

/** Field names that are no CEL identifiers, in the spelling rules use for them. */
function escapedName(field: string): string {
  if (RESERVED.has(field)) return `__${field}__`;
  return field
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
