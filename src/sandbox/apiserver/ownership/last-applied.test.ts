import { expect, test } from 'vitest';

import type { JsonObject } from '../cluster-state.ts';
import { LAST_APPLIED, withLastApplied } from './last-applied.ts';

const config: JsonObject = { kind: 'ConfigMap', data: { b: '2', a: '1' }, apiVersion: 'v1' };
const remembering: JsonObject = { metadata: { annotations: { [LAST_APPLIED]: '{}', other: 'x' } } };

test('kubectl keeps what it remembers of client-side apply up to date', () => {
  expect(withLastApplied(remembering, config, 'kubectl')).toEqual({
    metadata: {
      annotations: {
        [LAST_APPLIED]: '{"apiVersion":"v1","data":{"a":"1","b":"2"},"kind":"ConfigMap"}\n',
        other: 'x',
      },
    },
  });
});

test.each([
  ['another manager', remembering, 'flux'],
  [
    'an object nobody applied on the client',
    { metadata: { annotations: { other: 'x' } } },
    'kubectl',
  ],
  ['an object without annotations', { metadata: {} }, 'kubectl'],
])('%s changes nothing', (_name, object, manager) => {
  expect(withLastApplied(object as JsonObject, config, manager)).toBe(object);
});
