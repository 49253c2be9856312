import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import { widget } from './manifests.ts';
import { testNamespace } from './test-namespace.ts';

const NOT_CHECKED = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

interface Refusal {
  what: string;
  spec: Record<string, unknown>;
  field: string;
  reason: string;
  message: string;
}

/** Each is refused by one fault of the schema. */
const BY_SCHEMA: Refusal[] = [
  {
    what: 'a number too small',
    spec: { size: 0 },
    field: 'spec.size',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 0: spec.size in body should be greater than or equal to 1',
  },
  {
    what: 'a number too large',
    spec: { size: 11 },
    field: 'spec.size',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 11: spec.size in body should be less than or equal to 10',
  },
  {
    what: 'a missing field',
    spec: { size: undefined },
    field: 'spec.size',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'null where it is not allowed',
    spec: { size: null },
    field: 'spec.size',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'a string for a number',
    spec: { size: '3' },
    field: 'spec.size',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
  },
  {
    what: 'a fraction for an integer',
    spec: { size: 2.5 },
    field: 'spec.size',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "number": spec.size in body must be of type integer: "number"',
  },
  {
    what: 'a value not listed',
    spec: { mode: 'Odd' },
    field: 'spec.mode',
    reason: 'FieldValueNotSupported',
    message: 'Unsupported value: "Odd": supported values: "Fast", "Slow"',
  },
  {
    what: 'a pattern',
    spec: { label: 'A1' },
    field: 'spec.label',
    reason: 'FieldValueInvalid',
    message: `Invalid value: "A1": spec.label in body should match '^[a-z]+$'`,
  },
  {
    what: 'a string too short',
    spec: { label: 'a' },
    field: 'spec.label',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: "a": spec.label in body should be at least 2 chars long',
  },
  {
    what: 'a string too long',
    spec: { label: 'abcdef' },
    field: 'spec.label',
    reason: 'FieldValueTooLong',
    message: 'Too long: may not be more than 5 bytes',
  },
  {
    what: 'a boolean for an int-or-string',
    spec: { port: true },
    field: 'spec.port',
    reason: 'FieldValueTypeInvalid',
    message:
      'Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"',
  },
  {
    what: 'an exclusive minimum',
    spec: { ratio: -0.5 },
    field: 'spec.ratio',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: -0.5: spec.ratio in body should be greater than 0',
  },
  {
    what: 'a multiple',
    spec: { ratio: 0.7 },
    field: 'spec.ratio',
    reason: 'FieldValueInvalid',
    message: 'Invalid value: 0.7: spec.ratio in body should be a multiple of 0.5',
  },
  {
    what: 'a time that is none',
    spec: { since: 'yesterday' },
    field: 'spec.since',
    reason: 'FieldValueTypeInvalid',
    message:
      'Invalid value: "yesterday": spec.since in body must be of type date-time: "yesterday"',
  },
  {
    what: 'too many items',
    spec: { tags: ['a', 'b', 'c', 'd'] },
    field: 'spec.tags',
    reason: 'FieldValueTooMany',
    message: 'Too many: 4: must have at most 3 items',
  },
  {
    what: 'an item of the wrong type',
    spec: { tags: ['a', 1] },
    field: 'spec.tags[1]',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "integer": spec.tags[1] in body must be of type string: "integer"',
  },
  {
    what: 'an item without its key',
    spec: { parts: [{ count: 1 }] },
    field: 'spec.parts[0].name',
    reason: 'FieldValueRequired',
    message: 'Required value',
  },
  {
    what: 'too many properties',
    spec: { limits: { a: 1, b: 2, c: 3 } },
    field: 'spec.limits',
    reason: 'FieldValueTooMany',
    message: 'Too many: 3: must have at most 2 items',
  },
  {
    what: 'a property of the wrong type',
    spec: { limits: { a: 'x' } },
    field: 'spec.limits.a',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "string": spec.limits.a in body must be of type integer: "string"',
  },
  {
    what: 'an object for a list',
    spec: { tags: {} },
    field: 'spec.tags',
    reason: 'FieldValueTypeInvalid',
    message: 'Invalid value: "object": spec.tags in body must be of type array: "object"',
  },
];

/** Each is refused by one rule, or by a list's uniqueness. */
const BY_RULE: Refusal[] = [
  {
    what: 'a rule with a message of an expression',
    spec: { from: 3, to: 2 },
    field: 'spec.from',
    reason: 'FieldValueForbidden',
    message: 'Forbidden: from is after to in mode Fast',
  },
  {
    what: 'a rule with a message',
    spec: { timeout: '90m' },
    field: 'spec',
    reason: 'FieldValueInvalid',
    message: 'timeout must be shorter than 1h',
  },
  {
    what: 'a rule without a message',
    spec: { parts: [{ name: 'a', count: 100 }] },
    field: 'spec',
    reason: 'FieldValueInvalid',
    message: 'failed rule: !has(self.parts) || self.parts.all(part, part.count < 100)',
  },
  {
    what: 'a rule that cannot be evaluated',
    spec: { timeout: 'soon' },
    field: 'spec',
    reason: 'FieldValueInvalid',
    message:
      "type conversion error from 'string' to 'google.protobuf.Duration' evaluating rule: timeout must be shorter than 1h",
  },
  {
    what: 'an item twice in a set',
    spec: { tags: ['a', 'b', 'a'] },
    field: 'spec.tags[2]',
    reason: 'FieldValueDuplicate',
    message: 'Duplicate value: "a"',
  },
  {
    what: 'a key twice in a map list',
    spec: { parts: [{ name: 'a' }, { name: 'a', count: 2 }] },
    field: 'spec.parts[1]',
    reason: 'FieldValueDuplicate',
    message: 'Duplicate value: {"name":"a"}',
  },
];

export function describeCustomResources(server: () => ApiServer): void {
  const ns = testNamespace(server, 'custom');
  const tried = (spec: object) =>
    ns.post<Refused>('widgets?dryRun=All', { ...widget(spec), metadata: { name: 'tried' } });

  describe('are refused by their schema', () => {
    test.each(BY_SCHEMA)('$what', async ({ spec, field, reason, message }) => {
      const { status, body } = await tried(spec);
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      const notChecked = keepsRulesFromBeingChecked(reason) ? [NOT_CHECKED] : [];
      expect(body.details).toEqual({
        name: 'tried',
        group: 'conformance.linnet.dev',
        kind: 'Widget',
        causes: [{ field, reason, message }, ...notChecked],
      });
      const lines = [`${field}: ${message}`, ...notChecked.map((one) => `<nil>: ${one.message}`)];
      const listed = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
      const subject = 'Widget.conformance.linnet.dev "tried"';
      expect(body.message).toBe(`${subject} is invalid: ${listed}`);
    });

    test('all faults at once', async () => {
      const { status, body } = await tried({ size: 0, mode: 'Odd', label: 'a' });
      expect(status).toBe(422);
      const fields = body.details.causes.map(({ field }) => field);
      expect(fields.toSorted()).toEqual(['<nil>', 'spec.label', 'spec.mode', 'spec.size']);
    });
  });

  describe('are refused by their rules', () => {
    test.each(BY_RULE)('$what', async ({ spec, field, reason, message }) => {
      const { status, body } = await tried(spec);
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.details.causes).toHaveLength(1);
      expect(body.details.causes[0]).toMatchObject({ field, reason });
      expect(body.details.causes[0]?.message).toContain(message);
    });
  });

  describe('a rule of transition', () => {
    const cause = {
      field: 'spec.frozen',
      reason: 'FieldValueInvalid',
      message: 'Invalid value: "string": it cannot change any more',
    };
    test.each([
      { from: { frozen: 'a' }, to: { frozen: 'b' }, causes: [cause] },
      { from: { frozen: 'a' }, to: { frozen: 'a', size: 4 }, causes: undefined },
      { from: { frozen: 'a' }, to: { frozen: null }, causes: undefined },
      { from: {}, to: { frozen: 'b' }, causes: undefined },
    ])('$from, $to', async ({ from, to, causes }) => {
      const { metadata } = await ns.create('widgets', widget(from));
      const answer = await ns.patch<Refused>('merge', `widgets/${metadata.name}`, { spec: to });
      if (causes === undefined) expect(answer.status).toBe(200);
      else expect(answer).toMatchObject({ status: 422, body: { details: { causes } } });
    });
  });

  test('what was invalid before may stay so while something else changes', async () => {
    const { metadata } = await ns.create('widgets', widget({ size: 3 }));
    const answer = await ns.patch('merge', `widgets/${metadata.name}`, { spec: { size: 12 } });
    expect(answer.status).toBe(422);
  });

  describe('are completed', () => {
    test.each([
      { given: {}, mode: 'Fast', replicas: 1, never: 'x', maybeDefaulted: 'y' },
      { given: { mode: 'Slow', replicas: 0 }, mode: 'Slow', replicas: 0 },
      { given: { never: null }, never: 'x' },
      { given: { maybeDefaulted: null }, maybeDefaulted: null },
      { given: { maybe: null }, maybe: null },
    ])('$given', async ({ given, ...completed }) => {
      const { status, body } = await tried(given);
      expect({ status, body }).toMatchObject({ status: 201, body: { spec: completed } });
    });

    test('items too', async () => {
      const { body } = await tried({ parts: [{ name: 'a' }, { name: 'b', count: 5 }] });
      expect(body.spec).toMatchObject({
        parts: [
          { name: 'a', count: 1 },
          { name: 'b', count: 5 },
        ],
      });
    });
  });

  describe('lose what the schema does not know', () => {
    test.each([
      { given: { nope: 1 }, kept: {} },
      { given: { parts: [{ name: 'a', nope: 1 }] }, kept: { parts: [{ name: 'a', count: 1 }] } },
      { given: { free: { any: { thing: [1] } } }, kept: { free: { any: { thing: [1] } } } },
      { given: { limits: { anything: 1 } }, kept: { limits: { anything: 1 } } },
    ])('$given', async ({ given, kept }) => {
      const { body } = await tried(given);
      const completed = { size: 3, mode: 'Fast', replicas: 1, never: 'x', maybeDefaulted: 'y' };
      expect(body.spec).toEqual({ ...completed, ...kept });
    });

    test('beside spec and status', async () => {
      const manifest = { ...widget({}, { nope: 1 }), metadata: { name: 'beside' } };
      const { body } = await ns.post('widgets?dryRun=All', manifest);
      expect(body).not.toHaveProperty('nope');
    });
  });

  test.each([80, 'http'])('an int-or-string is either: %s', async (port) => {
    const { status, body } = await tried({ port });
    expect({ status, body }).toMatchObject({ status: 201, body: { spec: { port } } });
  });

  describe('need', () => {
    test.each([
      { what: 'a kind', more: { kind: undefined }, status: 400 },
      { what: 'a version', more: { apiVersion: undefined }, status: 400 },
      { what: 'their version', more: { apiVersion: 'conformance.linnet.dev/v2' }, status: 400 },
      { what: 'their kind', more: { kind: 'Gadget' }, status: 422 },
      { what: 'a name', more: { metadata: {} }, status: 422 },
      { what: 'a spec', more: { spec: undefined }, status: 422 },
      { what: 'a good name', more: { metadata: { name: 'Not_Good' } }, status: 422 },
    ])('$what', async ({ more, status }) => {
      const manifest = { ...widget(), metadata: { name: 'x' }, ...more };
      const answer = await ns.post('widgets?dryRun=All', manifest);
      expect(answer.status).toBe(status);
    });
  });
}

/** A value out of bounds can still be put to the rules; one of another shape cannot. */
function keepsRulesFromBeingChecked(reason: string): boolean {
  return reason !== 'FieldValueInvalid';
}

interface Refused {
  message: string;
  reason: string;
  details: { causes: { field: string; reason: string; message: string }[] };
  spec?: object;
}
