import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FieldSet, pathText } from './field-set.ts';

const step = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"s"');
const path = fc.array(step, { minLength: 1, maxLength: 3 });
const set = fc.array(path, { maxLength: 6 }).map((paths) => FieldSet.of(...paths));

const has = (fields: FieldSet): Set<string> => new Set(fields.paths().map((one) => one.join('/')));

describe('laws', () => {
  test('sets survive being written and read', () => {
    fc.assert(
      fc.property(set, (fields) => {
        expect(FieldSet.fromJson(fields.toJson()).equals(fields)).toBe(true);
      }),
    );
  });

  test('union, difference and intersection are those of the paths', () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const [mine, theirs] = [has(left), has(right)];
        const both = [...mine].filter((one) => theirs.has(one));
        const only = [...mine].filter((one) => !theirs.has(one));
        expect(has(left.intersection(right))).toEqual(new Set(both));
        expect(has(left.difference(right))).toEqual(new Set(only));
        expect(has(left.union(right))).toEqual(new Set([...mine, ...theirs]));
      }),
    );
  });

  test('without takes what lies below, too', () => {
    fc.assert(
      fc.property(set, set, (left, right) => {
        const prefixes = right.paths().map((one) => one.join('/'));
        const kept = [...has(left)].filter(
          (one) => !prefixes.some((prefix) => one === prefix || one.startsWith(`${prefix}/`)),
        );
        expect(has(left.without(right))).toEqual(new Set(kept));
      }),
    );
  });
});

test('the written form marks a parent that is owned itself', () => {
  const fields = FieldSet.of(['f:spec'], ['f:spec', 'f:replicas'], ['f:data', 'f:key']);
  expect(fields.toJson()).toEqual({
    'f:data': { 'f:key': {} },
    'f:spec': { '.': {}, 'f:replicas': {} },
  });
});

test.each([
  [['f:spec', 'f:replicas'], '.spec.replicas'],
  [['f:spec', 'k:{"containerPort":80,"protocol":"TCP"}'], '.spec[containerPort=80,protocol="TCP"]'],
  [['f:metadata', 'f:finalizers', 'v:"a/b"'], '.metadata.finalizers[="a/b"]'],
  [['f:items', 'i:3'], '.items[3]'],
])('%j reads %s', (steps, text) => {
  expect(pathText(steps)).toBe(text);
});
