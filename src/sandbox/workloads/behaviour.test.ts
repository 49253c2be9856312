import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ALLOWED, behaviourOf } from './behaviour.ts';

function setting(name: string, value: string) {
  return behaviourOf({ [`sandbox.linnet.dev/${name}`]: value }, {});
}

test('without settings a pod answers at once and well', () => {
  expect(behaviourOf({}, {})).toEqual({
    readyAfterMs: 500,
    crashAfterMs: undefined,
    latency: { meanMs: 5, spreadMs: 2 },
    slow: undefined,
    errors: undefined,
    errorsForHeader: [],
  });
});

test.each([
  ['ready-after', '2s', { readyAfterMs: 2000 }],
  ['ready-after', 'never', { readyAfterMs: undefined }],
  ['crash-after', '1.5s', { crashAfterMs: 1500 }],
  ['latency', '40ms', { latency: { meanMs: 40, spreadMs: 0 } }],
  ['latency', '40ms±20', { latency: { meanMs: 40, spreadMs: 20 } }],
  ['latency', '1s ± 200ms', { latency: { meanMs: 1000, spreadMs: 200 } }],
  ['slow', '1% 900ms', { slow: { share: 0.01, ms: 900 } }],
  ['errors', '5%', { errors: { share: 0.05, status: 500 } }],
  ['errors', '0.5% 503', { errors: { share: 0.005, status: 503 } }],
  [
    'errors-for-header',
    'X-Plan: beta|pro 100%\nCookie: .*plan=pro.* 40% 502\n',
    {
      errorsForHeader: [
        { header: 'x-plan', value: /^(?:beta|pro)$/, share: 1, status: 500 },
        { header: 'cookie', value: /^(?:.*plan=pro.*)$/, share: 0.4, status: 502 },
      ],
    },
  ],
])('%s: %s', (name, value, expected) => {
  expect(setting(name, value)).toMatchObject(expected);
});

test('an environment variable says the same, and an annotation wins over it', () => {
  const env = { SANDBOX_ERRORS: '20%', SANDBOX_READY_AFTER: '1s' };
  expect(behaviourOf({}, env).errors?.share).toBe(0.2);
  const both = behaviourOf({ 'sandbox.linnet.dev/errors': '1%' }, env);
  expect([both.errors?.share, both.readyAfterMs]).toEqual([0.01, 1000]);
});

describe('a setting that cannot be read is named, with what is allowed', () => {
  test.each([
    ['ready-after', 'soon'],
    ['ready-after', '5'],
    ['crash-after', 'never'],
    ['latency', '40ms±20±3'],
    ['latency', 'fast'],
    ['slow', '900ms'],
    ['slow', '1% 900ms 3'],
    ['errors', '5'],
    ['errors', '101%'],
    ['errors', '5% 700'],
    ['errors-for-header', 'x-plan beta 5%'],
    ['errors-for-header', 'x-plan: ( 5%'],
    ['errors-for-header', 'x-plan: beta'],
  ])('%s: %s', (name, value) => {
    const words = `sandbox.linnet.dev/${name}: found "${value}", allowed is `;
    expect(() => setting(name, value)).toThrow(words);
  });
});

test('the reference names every setting, with examples that can be read', () => {
  const reference = readFileSync('docs/reference/sandbox.md', 'utf8');
  const row = /^\| `sandbox\.linnet\.dev\/([\w-]+)` +\| `(\w+)` +\|.*\| ([^|]+) \|$/gm;
  const rows = [...reference.matchAll(row)].map(([, name = '', variable = '', examples = '']) => ({
    name,
    variable,
    examples: [...examples.matchAll(/`([^`]+)`/g)].map(([, example = '']) => example),
  }));
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(ALLOWED).sort());
  for (const { variable, examples } of rows) {
    for (const example of examples) {
      expect(behaviourOf({}, { [variable]: example })).not.toEqual(behaviourOf({}, {}));
    }
  }
});
