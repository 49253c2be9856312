import { describe, expect, test } from 'vitest';

import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { applySchemaDefaults } from './defaults.ts';
import { listFaults } from './lists.ts';
import { pruneUnknownFields } from './pruning.ts';
import type { Schema } from './schema.ts';
import { schemaFaults } from './validation.ts';

const text = (rest: Partial<Schema> = {}): Schema => ({ type: 'string', ...rest });
const whole = (rest: Partial<Schema> = {}): Schema => ({ type: 'integer', ...rest });

/** Value, schema, and how the API words what is wrong with the value as `spec.x`. */
const FAULTS: [string, JsonValue, Schema, string[]][] = [
  [
    'a string for a number',
    'x',
    whole(),
    ['Invalid value: "string": spec.x in body must be of type integer: "string"'],
  ],
  [
    'a fraction for an integer',
    1.5,
    whole(),
    ['Invalid value: "number": spec.x in body must be of type integer: "number"'],
  ],
  ['null', null, text(), ['Invalid value: "null": spec.x in body must be of type string: "null"']],
  ['null where it is allowed', null, text({ nullable: true }), []],
  ['an integer for a number', 1, { type: 'number' }, []],
  [
    'a boolean for int-or-string',
    true,
    { 'x-kubernetes-int-or-string': true },
    ['Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean"'],
  ],
  [
    'another word',
    'c',
    text({ enum: ['a', 'b'] }),
    ['Unsupported value: "c": supported values: "a", "b"'],
  ],
  [
    'another form',
    '5',
    text({ pattern: '^[0-9]+s$' }),
    ['Invalid value: "5": spec.x in body should match \'^[0-9]+s$\''],
  ],
  [
    'too short',
    '',
    text({ minLength: 1 }),
    ['Invalid value: "": spec.x in body should be at least 1 chars long'],
  ],
  ['too long', 'abc', text({ maxLength: 2 }), ['Too long: may not be more than 2 bytes']],
  ['as long as it may be, in characters', 'äöü', text({ maxLength: 3 }), []],
  [
    'no duration',
    '5x',
    text({ format: 'duration' }),
    ['Invalid value: "5x": spec.x in body must be of type duration: "5x"'],
  ],
  [
    'too much',
    101,
    whole({ maximum: 100 }),
    ['Invalid value: 101: spec.x in body should be less than or equal to 100'],
  ],
  [
    'too little',
    0,
    whole({ minimum: 1 }),
    ['Invalid value: 0: spec.x in body should be greater than or equal to 1'],
  ],
  [
    'the excluded limit',
    0,
    { type: 'number', minimum: 0, exclusiveMinimum: true },
    ['Invalid value: 0: spec.x in body should be greater than 0'],
  ],
  [
    'no multiple',
    7,
    whole({ multipleOf: 5 }),
    ['Invalid value: 7: spec.x in body should be a multiple of 5'],
  ],
  [
    'too many',
    [1, 2],
    { type: 'array', maxItems: 1, items: whole() },
    ['Too many: 2: must have at most 1 items'],
  ],
  [
    'too few',
    [],
    { type: 'array', minItems: 1, items: whole() },
    ['Invalid value: 0: spec.x in body should have at least 1 items'],
  ],
  ['required', {}, { type: 'object', required: ['y'] }, ['Required value']],
  [
    'a broken map value',
    { a: 1 },
    { type: 'object', additionalProperties: text() },
    ['Invalid value: "integer": spec.x.a in body must be of type string: "integer"'],
  ],
  [
    'an embedded resource without a kind',
    { apiVersion: 'v1' },
    { type: 'object', 'x-kubernetes-embedded-resource': true },
    ['Required value'],
  ],
  [
    'neither',
    {},
    { type: 'object', anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    ['Invalid value: "": "spec.x" must validate at least one schema (anyOf)', 'Required value'],
  ],
  [
    'both',
    { a: 1, b: 1 },
    { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
    [
      'Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  ],
  [
    'what must not be',
    'a',
    text({ not: { enum: ['a'] } }),
    ['Invalid value: "": "spec.x" must not validate the schema (not)'],
  ],
];

describe('the API words', () => {
  test.each(FAULTS)('%s', (_name, value, schema, messages) => {
    const faults = schemaFaults(value, undefined, schema, 'spec.x');
    expect(faults.map((fault) => fault.message)).toEqual(messages);
  });
});

test('what did not change is let pass', () => {
  const schema: Schema = {
    type: 'object',
    properties: { a: whole({ maximum: 1 }), b: whole({ maximum: 1 }) },
  };
  const faults = schemaFaults({ a: 5, b: 6 }, { a: 5, b: 7 }, schema, '');
  expect(faults.map((fault) => fault.field)).toEqual(['b']);
});

describe('lists', () => {
  test('of a set hold nothing twice', () => {
    const schema: Schema = { type: 'array', 'x-kubernetes-list-type': 'set', items: text() };
    expect(listFaults(['a', 'b', 'a', 'a'], schema, 'tags')).toMatchObject([
      { field: 'tags[2]', message: 'Duplicate value: "a"' },
    ]);
  });

  test('of a map hold no key twice, at any depth', () => {
    const items: Schema = { type: 'object', properties: { name: text(), n: whole() } };
    const list: Schema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items,
    };
    const value = {
      deep: [
        { name: 'a', n: 1 },
        { name: 'a', n: 2 },
      ],
    };
    const schema: Schema = { type: 'object', properties: { deep: list } };
    expect(listFaults(value, schema, '')).toMatchObject([
      { field: 'deep[1]', message: 'Duplicate value: {"name":"a"}' },
    ]);
  });
});

test('defaults fill from the outside in, and forbidden nulls go', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      outer: { type: 'object', default: {}, properties: { inner: text({ default: 'in' }) } },
      list: { type: 'array', items: { type: 'object', properties: { n: whole({ default: 7 }) } } },
      gone: text(),
      again: text({ default: 'd' }),
      kept: text({ nullable: true, default: 'x' }),
    },
  };
  const value: JsonObject = { list: [{}, { n: 1 }], gone: null, again: null, kept: null };
  applySchemaDefaults(value, schema);
  expect(value).toEqual({
    outer: { inner: 'in' },
    list: [{ n: 7 }, { n: 1 }],
    again: 'd',
    kept: null,
  });
});

test('pruning takes what no schema names, and says what it took', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          known: text(),
          free: {
            type: 'object',
            'x-kubernetes-preserve-unknown-fields': true,
            properties: { typed: { type: 'object' } },
          },
          list: { type: 'array', items: { type: 'object', properties: { a: text() } } },
          resource: {
            type: 'object',
            'x-kubernetes-embedded-resource': true,
            properties: { spec: { type: 'object' } },
          },
        },
      },
    },
  };
  const object: JsonObject = {
    apiVersion: 'v1',
    metadata: { name: 'x' },
    spec: {
      known: 'a',
      unknown: 1,
      free: { any: 1, typed: { gone: 1 } },
      list: [{ a: 'x', b: 'y' }],
      resource: { kind: 'Pod', metadata: { name: 'y' }, other: 1 },
    },
  };
  expect(pruneUnknownFields(object, schema)).toEqual([
    'spec.unknown',
    'spec.free.typed.gone',
    'spec.list[0].b',
    'spec.resource.other',
  ]);
  expect(object['spec']).toEqual({
    known: 'a',
    free: { any: 1, typed: {} },
    list: [{ a: 'x' }],
    resource: { kind: 'Pod', metadata: { name: 'y' } },
  });
});
