import { describe, expect, test } from 'vitest';

import type { JsonObject, JsonValue } from '../cluster-state.ts';
import { applyJsonPatch } from './json.ts';
import { applyMergePatch } from './merge.ts';

/** The examples of RFC 7386, appendix A. */
const MERGES: [JsonValue, JsonValue, JsonValue][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test.each(MERGES)('merge patch: %j with %j is %j', (object, patch, merged) => {
  expect(applyMergePatch(object, patch)).toEqual(merged);
});

const OBJECT = (): JsonObject => ({
  metadata: { resourceVersion: '7', labels: { 'a/b': 'x' } },
  spec: { routes: [{ weight: 100 }, { weight: 0 }] },
});

describe('a JSON patch', () => {
  test.each([
    [
      'replaces',
      [{ op: 'replace', path: '/spec/routes/0/weight', value: 80 }],
      '/spec/routes/0/weight',
      80,
    ],
    ['adds', [{ op: 'add', path: '/spec/gateways', value: [] }], '/spec/gateways', []],
    ['appends', [{ op: 'add', path: '/spec/routes/-', value: {} }], '/spec/routes/2', {}],
    ['removes', [{ op: 'remove', path: '/spec/routes/0' }], '/spec/routes/0', { weight: 0 }],
    [
      'unescapes',
      [{ op: 'replace', path: '/metadata/labels/a~1b', value: 'y' }],
      '/metadata/labels/a~1b',
      'y',
    ],
    [
      'sets what it should replace',
      [{ op: 'replace', path: '/spec/new', value: 1 }],
      '/spec/new',
      1,
    ],
    [
      'goes on after a test that holds',
      [
        { op: 'test', path: '/metadata/resourceVersion', value: '7' },
        { op: 'copy', from: '/spec/routes/0', path: '/spec/copy' },
      ],
      '/spec/copy',
      { weight: 100 },
    ],
  ])('%s', (_name, patch, at, value) => {
    const patched = applyJsonPatch(OBJECT(), patch);
    expect(applyJsonPatch(patched, [{ op: 'test', path: at, value }])).toBe(patched);
  });

  test.each([
    ['a test that fails', [{ op: 'test', path: '/metadata/resourceVersion', value: '8' }]],
    ['a removal of nothing', [{ op: 'remove', path: '/spec/nothing' }]],
    ['a parent that is not there', [{ op: 'add', path: '/spec/a/b', value: 1 }]],
    ['an index past the end', [{ op: 'replace', path: '/spec/routes/9', value: 1 }]],
    ['an unknown operation', [{ op: 'bogus', path: '/spec' }]],
  ])('with %s is refused with 422', (_name, patch) => {
    expect(() => applyJsonPatch(OBJECT(), patch)).toThrow(
      expect.objectContaining({ code: 422, reason: 'Invalid' }),
    );
  });

  test('that is no list is refused with 400', () => {
    expect(() => applyJsonPatch(OBJECT(), { op: 'add' })).toThrow(
      expect.objectContaining({ code: 400 }),
    );
  });
});
