import { isIP } from 'node:net';

import { Environment, Optional, type ParseResult } from '@marcbachmann/cel-js';

import { adaptDialect } from './cel-dialect.ts';
import { quantityNanos } from '../values/quantity.ts';
import { hasFormat } from '../schema/formats.ts';

/** What an expression came to: a value, or the sentence that says why there is none. */
export interface CelOutcome {
  value?: unknown;
  error?: string;
}

type Program = ParseResult | { error: string };

const programs = new Map<string, Program>();
let environment: Environment | undefined;

/** Runs an expression over `self` and `oldSelf`. */
export function runCel(expression: string, variables: Record<string, unknown>): CelOutcome {
  const program = compile(expression);
  if ('error' in program) return { error: program.error };
  try {
    return { value: program(variables) };
  } catch (error) {
    return { error: describe(error) };
  }
}

/** A value that a rule reads through `.value()`, `.orValue()` and the like. */
export function optionalValue(value: unknown): unknown {
  return value === undefined ? Optional.none() : Optional.of(value);
}

/** Why an expression does not compile; undefined when it does. */
export function celProblem(expression: string): string | undefined {
  const program = compile(expression);
  return 'error' in program ? program.error : undefined;
}

function compile(expression: string): Program {
  let program = programs.get(expression);
  if (!program) {
    program = parse(expression);
    programs.set(expression, program);
  }
  return program;
}

function parse(expression: string): Program {
  environment ??= buildEnvironment();
  try {
    const program = environment.parse(adaptDialect(expression));
    const checked = program.check();
    return checked.valid ? program : { error: describe(checked.error) };
  } catch (error) {
    return { error: describe(error) };
  }
}

/** The first line of the library's message: the rest draws the place in the source. */
function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [line = ''] = message.split('\n');
  return line
    .replace(/^No such key/, 'no such key')
    .replace(/^Invalid duration string.*/, conversionError('google.protobuf.Duration'))
    .replace(/^Invalid timestamp.*/i, conversionError('google.protobuf.Timestamp'));
}

function conversionError(type: string): string {
  return `type conversion error from 'string' to '${type}'`;
}

/** What the Kubernetes CEL library has beyond the language, as far as rules on data need it. */
function buildEnvironment(): Environment {
  const built = new Environment({
    unlistedVariablesAreDyn: false,
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
  });
  built.registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');
  registerStrings(built);
  registerLists(built);
  registerQuantities(built);
  registerAddresses(built);
  return built;
}

function registerStrings(built: Environment): void {
  built
    .registerFunction(
      'string.replace(string, string): string',
      (text: string, from: string, to: string) => text.replaceAll(from, to),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) =>
      text.charAt(Number(index)),
    )
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => new RegExp(pattern, 'u').exec(text)?.[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) =>
      [...text.matchAll(new RegExp(pattern, 'gu'))].map((match) => match[0]),
    );
}

type Comparable = bigint | number | string;

function registerLists(built: Environment): void {
  built
    .registerFunction('list<dyn>.isSorted(): bool', (list: Comparable[]) =>
      list.every((item, index) => index === 0 || (list[index - 1] as Comparable) <= item),
    )
    .registerFunction('list<dyn>.sum(): dyn', (list: (bigint | number)[]) =>
      list.reduce<bigint | number>(
        (sum, item) => (typeof item === 'bigint' ? BigInt(sum) + item : Number(sum) + item),
        0n,
      ),
    )
    .registerFunction('list<dyn>.min(): dyn', (list: Comparable[]) =>
      extreme(list, (a, b) => a < b),
    )
    .registerFunction('list<dyn>.max(): dyn', (list: Comparable[]) =>
      extreme(list, (a, b) => a > b),
    )
    .registerFunction('list<dyn>.indexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.indexOf(item)),
    )
    .registerFunction('list<dyn>.lastIndexOf(dyn): int', (list: unknown[], item: unknown) =>
      BigInt(list.lastIndexOf(item)),
    )
    .registerFunction('list<dyn>.distinct(): list<dyn>', (list: unknown[]) => [...new Set(list)]);
}

function extreme(
  list: Comparable[],
  isBetter: (a: Comparable, b: Comparable) => boolean,
): Comparable {
  const [first, ...rest] = list;
  if (first === undefined) throw new Error('min/max called on empty list');
  return rest.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}

class Quantity {
  readonly nanos: bigint;

  constructor(text: string) {
    const nanos = quantityNanos(text);
    if (nanos === undefined) throw new Error(`unable to parse quantity: ${text}`);
    this.nanos = nanos;
  }
}

function registerQuantities(built: Environment): void {
  built
    .registerType('Quantity', { ctor: Quantity, fields: {} })
    .registerFunction('quantity(string): Quantity', (text: string) => new Quantity(text))
    .registerFunction(
      'isQuantity(string): bool',
      (text: string) => quantityNanos(text) !== undefined,
    )
    .registerFunction(
      'Quantity.isGreaterThan(Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos > b.nanos,
    )
    .registerFunction(
      'Quantity.isLessThan(Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos < b.nanos,
    )
    .registerFunction('Quantity.compareTo(Quantity): int', (a: Quantity, b: Quantity) =>
      BigInt(Number(a.nanos > b.nanos) - Number(a.nanos < b.nanos)),
    );
}

function registerAddresses(built: Environment): void {
  built
    .registerType('URL', { ctor: URL, fields: {} })
    .registerFunction('isURL(string): bool', (text: string) => isAddress(text))
    .registerFunction('url(string): URL', (text: string) => {
      if (isAddress(text)) return new URL(text, 'path://');
      throw new Error(`URL parse error during conversion from string: ${text}`);
    })
    .registerFunction('URL.getScheme(): string', ({ protocol }: URL) =>
      protocol === 'path:' ? '' : protocol.slice(0, -1),
    )
    .registerFunction('URL.getHost(): string', ({ host }: URL) => host)
    .registerFunction('URL.getHostname(): string', ({ hostname }: URL) => hostname)
    .registerFunction('URL.getPort(): string', ({ port }: URL) => port)
    .registerFunction('URL.getEscapedPath(): string', ({ pathname }: URL) => pathname)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0)
    .registerFunction('isCIDR(string): bool', (text: string) => hasFormat(text, 'cidr'));
}

/** An absolute URL, or an absolute path. */
function isAddress(text: string): boolean {
  return text.startsWith('/') || URL.canParse(text);
}
