import type { Measurement } from '../../ports/telemetry.ts';
import type { Newest } from './store.ts';

/**
 * The one number that a query must come to. Each thing that is none has a sentence of its own: no
 * series, a series without a value, NaN are no data (DESIGN, law 6); more than one series, an
 * infinity and the wrong type are mistakes in the query.
 *
 * @param subject what the sentences speak of: `spec.query of MetricTemplate shop/errors`.
 */
export function oneValue(series: readonly Newest[], subject: string): Measurement {
  const [first, ...further] = series;
  if (first === undefined) return { kind: 'no-data', why: `${subject} has no result` };
  if (further.length > 0) {
    return mistake(`${subject} gives ${further.length + 1} series, allowed is one`);
  }
  if ('missing' in first) return { kind: 'no-data', why: `${subject} ${first.missing}` };
  return 'type' in first ? noNumber(first.type, subject) : measured(first.value, subject);
}

function measured(found: unknown, subject: string): Measurement {
  const value = numberOf(found);
  if (value === undefined) return noNumber(typeName(found), subject);
  if (Number.isNaN(value)) {
    return { kind: 'no-data', why: `${subject} gives NaN: there was nothing to measure` };
  }
  return Number.isFinite(value)
    ? { kind: 'value', value }
    : mistake(`${subject} gives ${value > 0 ? '+Inf' : '-Inf'}, allowed is a finite number`);
}

/** Numbers come as texts too: JSON has no word for NaN, and none for long integers. */
function numberOf(found: unknown): number | undefined {
  if (typeof found === 'number') return found;
  if (typeof found !== 'string') return undefined;
  const special = SPECIAL.get(found.toLowerCase().replace(/^\+/, ''));
  if (special !== undefined) return special;
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(found) ? Number(found) : undefined;
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['infinity', Infinity],
  ['-inf', -Infinity],
  ['-infinity', -Infinity],
]);

function typeName(found: unknown): string {
  if (Array.isArray(found)) return 'a list';
  if (found === null) return 'null';
  const names: Record<string, string> = { string: 'a text', boolean: 'true or false' };
  return names[typeof found] ?? 'an object';
}

function noNumber(type: string, subject: string): Measurement {
  return mistake(`${subject} gives ${type}, allowed is one number`);
}

function mistake(why: string): Measurement {
  return { kind: 'error', why, outage: false };
}
