const FORM = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE])([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?$/;

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const UNIT = DECIMAL.indexOf('');
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const NANO = 1_000_000_000n;

interface Parsed {
  /** Rounded up to whole billionths, as the API does. */
  nanos: bigint;
  form: 'decimal' | 'binary' | 'exponent';
}

/**
 * A resource quantity as the API writes it: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`, `1000m`
 * becomes `1`. Numbers are accepted. Undefined when it is no quantity.
 */
export function canonicalQuantity(value: unknown): string | undefined {
  const parsed = parse(String(value));
  if (!parsed) return undefined;
  const { nanos } = parsed;
  if (nanos === 0n) return '0';
  const binary = parsed.form === 'binary' && abs(nanos) >= 1024n * NANO && nanos % NANO === 0n;
  return binary ? inBinary(nanos / NANO) : inDecimal(nanos, parsed.form === 'exponent');
}

/** In billionths, to compare quantities; undefined when it is no quantity. */
export function quantityNanos(value: unknown): bigint | undefined {
  return parse(String(value))?.nanos;
}

function parse(text: string): Parsed | undefined {
  const match = FORM.exec(text.trim());
  if (!match) return undefined;
  const [, sign, number = '', exponential, exponent, suffix = ''] = match;
  const form = exponential ? 'exponent' : suffix.endsWith('i') ? 'binary' : 'decimal';
  const [whole = '', fraction = ''] = number.split('.');
  const digits = BigInt(`${whole}${fraction}` || '0');
  const scaled = scale(digits, form, exponent, suffix);
  const nanos = ceilDivide(scaled.numerator, scaled.denominator * 10n ** BigInt(fraction.length));
  return { nanos: sign === '-' ? -nanos : nanos, form };
}

/** The number in billionths as a fraction, before its own decimal places are taken off. */
function scale(
  digits: bigint,
  form: Parsed['form'],
  exponent: string | undefined,
  suffix: string,
): { numerator: bigint; denominator: bigint } {
  if (form === 'binary') {
    const power = BigInt(BINARY.indexOf(suffix)) * 10n;
    return { numerator: digits * 2n ** power * NANO, denominator: 1n };
  }
  const power = form === 'exponent' ? Number(exponent) : (DECIMAL.indexOf(suffix) - UNIT) * 3;
  const factor = 10n ** BigInt(Math.abs(power));
  return power >= 0
    ? { numerator: digits * factor * NANO, denominator: 1n }
    : { numerator: digits * NANO, denominator: factor };
}

function inBinary(value: bigint): string {
  let mantissa = value;
  let index = 0;
  while (mantissa % 1024n === 0n && index < BINARY.length - 1) {
    mantissa /= 1024n;
    index += 1;
  }
  return `${mantissa}${BINARY[index]}`;
}

function inDecimal(nanos: bigint, exponential: boolean): string {
  let mantissa = nanos;
  let index = 0;
  while (mantissa % 1000n === 0n && index < DECIMAL.length - 1) {
    mantissa /= 1000n;
    index += 1;
  }
  if (!exponential) return `${mantissa}${DECIMAL[index]}`;
  return index === UNIT ? String(mantissa) : `${mantissa}e${(index - UNIT) * 3}`;
}

function ceilDivide(numerator: bigint, denominator: bigint): bigint {
  return (numerator + denominator - 1n) / denominator;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
