export const NOT_CHECKED = {
  field: '<nil>',
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

export interface Refusal {
  what: string;
  spec: Record<string, unknown>;
  field: string;
  reason: string;
  message: string;
}

/** Each is refused by one fault of the schema. */
export const BY_SCHEMA: Refusal[] = [
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
export const BY_RULE: Refusal[] = [
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
