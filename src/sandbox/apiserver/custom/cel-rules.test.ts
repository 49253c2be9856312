import { describe, expect, test } from 'vitest';

import type { JsonObject, JsonValue } from '../cluster-state.ts';
import type { Schema, ValidationRule } from '../schema/schema.ts';
import { adaptDialect } from './cel-dialect.ts';
import { ruleFaults, ruleProblem } from './cel-rules.ts';

function faultsOf(
  rule: ValidationRule,
  schema: Schema,
  value: JsonValue,
  old?: JsonValue,
): [field: string, message: string][] {
  const root: Schema = {
    type: 'object',
    properties: { x: { ...schema, 'x-kubernetes-validations': [rule] } },
  };
  const before = old === undefined ? undefined : { x: old };
  return ruleFaults({ x: value }, before, root).map(({ field, message }) => [field, message]);
}

const integer: Schema = { type: 'integer' };
const string: Schema = { type: 'string' };
const list: Schema = { type: 'array', items: integer };

const HOLDS: [string, Schema, JsonValue][] = [
  ['self > 1 && self / 2 == 2', integer, 5],
  ['self > 1.5', { type: 'number' }, 2],
  ["self.matches('^[a-z]+$')", string, 'abc'],
  ['self.all(w, w >= 0 && w <= 100)', list, [0, 50, 100]],
  ['self.exists_one(w, w == 50)', list, [0, 50, 100]],
  ['self.isSorted() && self.sum() == 60 && self.max() == 50', list, [10, 50]],
  ['self.indexOf(50) == 1', list, [10, 50]],
  ["duration(self) > duration('59s')", string, '1m'],
  ["self > duration('59s')", { type: 'string', format: 'duration' }, '1m'],
  [
    "self > timestamp('2020-01-01T00:00:00Z')",
    { type: 'string', format: 'date-time' },
    '2021-01-01T00:00:00Z',
  ],
  ["quantity(self).isLessThan(quantity('1Gi'))", string, '1000Mi'],
  [
    "url(self).getScheme() == 'https' && url(self).getHost() == 'a.b:8443'",
    string,
    'https://a.b:8443/x',
  ],
  ['isIP(self)', string, '::1'],
  ["self.replace('a', 'b') == 'bb'", string, 'aa'],
  ["!has(self.a) || self.a == 'x'", { type: 'object', properties: { a: string } }, {}],
  ["'k' in self && self['k'] == 'v'", { type: 'object', additionalProperties: string }, { k: 'v' }],
  [
    'self.__namespace__ == self.a__dash__b',
    { type: 'object', properties: { namespace: string, 'a-b': string } },
    { namespace: 'n', 'a-b': 'n' },
  ],
  ['self == 80', { 'x-kubernetes-int-or-string': true }, 80],
];

describe('rules', () => {
  test.each(HOLDS)('%s', (rule, schema, value) => {
    expect(faultsOf({ rule }, schema, value)).toEqual([]);
    expect(faultsOf({ rule: `!(${rule})` }, schema, value)).toHaveLength(1);
  });

  test.each([
    [{ rule: 'self < 1' }, 'Invalid value: "integer": failed rule: self < 1'],
    [{ rule: 'self < 1', message: 'below one' }, 'Invalid value: "integer": below one'],
    [
      { rule: 'self < 1', message: 'm', messageExpression: "'not ' + string(self)" },
      'Invalid value: "integer": not 5',
    ],
    [
      { rule: 'self < 1', message: 'm', messageExpression: 'string(1 / 0)' },
      'Invalid value: "integer": m',
    ],
    [{ rule: 'self < 1', message: 'm', reason: 'FieldValueForbidden' }, 'Forbidden: m'],
    [
      { rule: 'self / 0 == 1', message: 'm' },
      'Invalid value: "integer": division by zero evaluating rule: m',
    ],
  ])('%j says what failed', (rule, message) => {
    expect(faultsOf(rule, integer, 5)).toEqual([['x', message]]);
  });

  test('fieldPath points below', () => {
    const rule = { rule: 'self.a == 1', message: 'm', fieldPath: '.a' };
    const schema: Schema = { type: 'object', properties: { a: integer } };
    expect(faultsOf(rule, schema, { a: 2 })).toEqual([['x.a', 'Invalid value: "object": m']]);
  });
});

describe('transition rules', () => {
  const rule = { rule: 'self >= oldSelf', message: 'must not fall' };

  test('run only where there was something before', () => {
    expect(faultsOf(rule, integer, 1)).toEqual([]);
    expect(faultsOf(rule, integer, 2, 1)).toEqual([]);
    expect(faultsOf(rule, integer, 1, 2)).toHaveLength(1);
  });

  test('correlate the items of a list by their keys', () => {
    const items: Schema = {
      type: 'object',
      properties: { name: string, n: { ...integer, 'x-kubernetes-validations': [rule] } },
    };
    const keyed: Schema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items,
    };
    const root: Schema = { type: 'object', properties: { list: keyed } };
    const value: JsonObject = {
      list: [
        { name: 'b', n: 1 },
        { name: 'a', n: 1 },
      ],
    };
    const old: JsonObject = {
      list: [
        { name: 'a', n: 2 },
        { name: 'b', n: 0 },
      ],
    };
    expect(ruleFaults(value, old, root).map((fault) => fault.field)).toEqual(['list[1].n']);
  });

  test('may take oldSelf as an optional', () => {
    const optional = { rule: 'self == oldSelf.orValue(7)', optionalOldSelf: true };
    expect(faultsOf(optional, integer, 7)).toEqual([]);
    expect(faultsOf(optional, integer, 6)).toHaveLength(1);
    expect(faultsOf(optional, integer, 6, 6)).toEqual([]);
  });
});

test('a rule about what did not change is let pass', () => {
  expect(faultsOf({ rule: 'self < 1' }, integer, 5, 5)).toEqual([]);
  expect(faultsOf({ rule: 'self < 1' }, integer, 6, 5)).toHaveLength(1);
});

test('of metadata, rules see the name', () => {
  const root: Schema = {
    type: 'object',
    'x-kubernetes-validations': [
      { rule: "self.metadata.name == 'a' && !has(self.metadata.labels)" },
    ],
  };
  expect(ruleFaults({ metadata: { name: 'a', labels: { x: 'y' } } }, undefined, root)).toEqual([]);
});

test.each([
  ['self.a +', true],
  ['self.unknownFunction()', true],
  ['self.a > 1', false],
])('%s has a problem: %s', (rule, expected) => {
  expect(ruleProblem({ rule }) !== undefined).toBe(expected);
});

test.each([
  ['has(self.a.b)', 'has(self.a.b)'],
  ['has(self[0].b)', 'cel.bind(hasTarget, self[0], has(hasTarget.b))'],
  ["has(f('),').b) && has(c.d)", "cel.bind(hasTarget, f('),'), has(hasTarget.b)) && has(c.d)"],
  ['nohas(self[0].b)', 'nohas(self[0].b)'],
])('%s is taken as %s', (expression, adapted) => {
  expect(adaptDialect(expression)).toBe(adapted);
});
