/** Finds values in an object; an empty list when there are none. */
export type JsonPath = (object: unknown) => unknown[];

type Step = (value: unknown) => unknown[];

const TOKEN =
  /\.\.|\.(?:\*|(?:[^.[\]'"\\]|\\.)+)|\[(?:\*|-?\d+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\?\((?:[^()]|\([^()]*\))*\)|-?\d*:-?\d*)\]/gy;

/**
 * The part of JSONPath that printer columns use: fields, `\.` within them, `['field']`, indexes,
 * `[*]`, and filters such as `[?(@.type=="Ready")]`. Throws an Error for anything else.
 */
export function parseJsonPath(path: string): JsonPath {
  const text = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  const steps: Step[] = [];
  let parsed = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    steps.push(stepOf(token));
    parsed += token.length;
  }
  if (parsed !== text.length) throw new Error(`is an invalid path: ${path}`);
  return (object) => {
    let values: unknown[] = [object];
    for (const step of steps) values = values.flatMap(step);
    return values;
  };
}

function stepOf(token: string): Step {
  if (token === '..') throw new Error('is an invalid path: recursive descent');
  if (token.startsWith('.')) return field(token.slice(1).replace(/\\(.)/g, '$1'));
  const inner = token.slice(1, -1);
  if (inner === '*') return children;
  if (inner.startsWith('?')) return filter(inner.slice(2, -1));
  if (/^['"]/.test(inner)) return field(inner.slice(1, -1).replace(/\\(.)/g, '$1'), true);
  if (inner.includes(':')) {
    const [from = '', to = ''] = inner.split(':');
    return (value) =>
      Array.isArray(value)
        ? value.slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
        : [];
  }
  return (value) => present(Array.isArray(value) ? value.at(Number(inner)) : undefined);
}

function field(name: string, isQuoted = false): Step {
  if (name === '*' && !isQuoted) return children;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    return present((value as Record<string, unknown>)[name]);
  };
}

function children(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

const COMPARISON = /^\s*@(\S*?)\s*(==|!=|>=|<=|>|<)\s*(.+?)\s*$/;

function filter(expression: string): Step {
  const match = COMPARISON.exec(expression);
  if (!match) {
    const exists = parseJsonPath(expression.trim().replace(/^@/, ''));
    return (value) => asList(value).filter((item) => exists(item).length > 0);
  }
  const [, path = '', operator = '', literal = ''] = match;
  const read = path === '' ? (value: unknown) => [value] : parseJsonPath(path);
  const expected = literalOf(literal);
  return (value) =>
    asList(value).filter((item) => read(item).some((found) => holds(found, operator, expected)));
}

function literalOf(text: string): unknown {
  if (/^'.*'$/.test(text)) return text.slice(1, -1);
  return JSON.parse(text) as unknown;
}

function holds(found: unknown, operator: string, expected: unknown): boolean {
  switch (operator) {
    case '==':
      return found === expected;
    case '!=':
      return found !== expected;
    case '>':
      return Number(found) > Number(expected);
    case '<':
      return Number(found) < Number(expected);
    case '>=':
      return Number(found) >= Number(expected);
    default:
      return Number(found) <= Number(expected);
  }
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function present(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : [value];
}
