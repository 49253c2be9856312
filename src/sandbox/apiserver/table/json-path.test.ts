import { expect, test } from 'vitest';

import { humanDuration } from './human-age.ts';
import { parseJsonPath } from './json-path.ts';

const OBJECT = {
  metadata: { name: 'web', labels: { 'app.kubernetes.io/name': 'shop' } },
  spec: { weights: [10, 20, 50] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', age: 3 },
      { type: 'Stalled', status: 'False', age: 7 },
    ],
  },
};

test.each([
  ['.metadata.name', ['web']],
  ['metadata.name', ['web']],
  ['.metadata.labels.app\\.kubernetes\\.io/name', ['shop']],
  [".metadata.labels['app.kubernetes.io/name']", ['shop']],
  ['.spec.weights[0]', [10]],
  ['.spec.weights[-1]', [50]],
  ['.spec.weights[*]', [10, 20, 50]],
  ['.spec.weights[0:2]', [10, 20]],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  [".status.conditions[?(@.type=='Stalled')].status", ['False']],
  ['.status.conditions[?(@.age>3)].type', ['Stalled']],
  ['.status.conditions[?(@.type!="Ready")].type', ['Stalled']],
  ['.status.missing.deeper', []],
  ['.spec.weights[9]', []],
  ['.metadata.name.too.deep', []],
])('%s finds %j', (path, found) => {
  expect(parseJsonPath(path)(OBJECT)).toEqual(found);
});

test.each(['.a[', '..a', '.a[x]', '.a]'])('%s is refused', (path) => {
  expect(() => parseJsonPath(path)).toThrow(/invalid path/);
});

test.each([
  [-5, '<invalid>'],
  [-1, '0s'],
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [200, '3m20s'],
  [3600, '60m'],
  [3 * 3600 + 60, '3h1m'],
  [9 * 3600, '9h'],
  [50 * 3600, '2d2h'],
  [30 * 86_400, '30d'],
  [800 * 86_400, '2y70d'],
])('%d seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds)).toBe(text);
});
