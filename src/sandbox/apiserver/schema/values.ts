import type { JsonValue } from '../cluster-state.ts';

/** The JSON schema type of a value; whole numbers are integers. */
export function jsonTypeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

/** A float as Go prints it by default: `1e+06` from seven digits on, `0.5`, `3`. */
export function goNumber(value: number): string {
  const [mantissa, exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
