import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { manifestOf } from '../../test/manifests/bad-manifest.ts';
import { GOOD } from '../../test/manifests/good-manifests.ts';
import { parseAlertProvider, parseCanary, parseMetricTemplate } from './parse.ts';
import { problemSentence, show } from './problem.ts';

test.each([
  [undefined, 'nothing'],
  ['5', "'5'"],
  [101, '101'],
  [[5, 3], '[5,3]'],
  [null, 'null'],
  ['a\nb\u202e', String.raw`'a\u{a}b\u{202e}'`],
  ['x'.repeat(99), `'${'x'.repeat(56)}...`],
  ['see http://me:pw@host/x now', "'see http://host/*** now'"],
])('%j is shown as %s', (value, shown) => {
  expect(show(value)).toBe(shown);
});

test.each([
  ['Canary', 'spec.metricsServer'],
  ['Canary', 'spec.analysis.webhooks.0.url'],
  ['MetricTemplate', 'spec.provider.address'],
  ['AlertProvider', 'spec.address'],
  ['AlertProvider', 'spec.proxy'],
] as const)('no sentence repeats what may be a credential: %s %s', (kind, field) => {
  const long = `https://s3cr3t@host/${'x'.repeat(3000)}`;
  for (const value of ['T0/B0/s3cr3t', 'ftp://s3cr3t@host', long, ['s3cr3t'], { is: 's3cr3t' }]) {
    expect(refusalOf(kind, field, value)).not.toContain('s3cr3t');
  }
});

test.each([
  ['Canary', 'spec.analysis.webhooks', { url: 'https://s3cr3t@host' }],
  ['Canary', 'spec.analysis.webhooks.0', 'https://host?token=s3cr3t'],
  ['Canary', 'spec.analysis.webhooks.0.metadata', { token: ['s3cr3t'] }],
  ['MetricTemplate', 'spec.provider', 'https://me:s3cr3t@host'],
  ['MetricTemplate', 'spec.provider.headers', { authorization: 'Bearer s3cr3t' }],
  ['MetricTemplate', 'spec.provider.headers', 's3cr3t'],
] as const)('nor one in a place that is wrong: %s %s', (kind, field, value) => {
  expect(refusalOf(kind, field, value)).not.toContain('s3cr3t');
});

function refusalOf(
  kind: 'Canary' | 'MetricTemplate' | 'AlertProvider',
  field: string,
  value: unknown,
): string {
  const bad = { wrong: 'secret', kind, field, says: {}, change: { [field]: value } };
  const parsers = {
    Canary: parseCanary,
    MetricTemplate: parseMetricTemplate,
    AlertProvider: parseAlertProvider,
  };
  const read = parsers[kind](manifestOf(bad));
  if (read.ok) throw new Error(`${field} was accepted`);
  return JSON.stringify(read.problems);
}

test.each([undefined, null, 5, 'text', [], {}])('%j is refused, not thrown at', (raw) => {
  expect(parseCanary(raw)).toMatchObject({ ok: false });
});

test('whatever stands where a field is expected, the answer is sentences', () => {
  const fields = fc.constantFrom(
    'spec.analysis',
    'spec.analysis.interval',
    'spec.analysis.stepWeights',
    'spec.analysis.metrics.0',
    'spec.analysis.match',
    'spec.service.targetPort',
    'spec.service.headers',
    'spec.windows',
    'spec.version',
    'metadata',
    'status',
  );
  fc.assert(
    fc.property(fields, fc.jsonValue(), (field, value) => {
      const bad = {
        wrong: 'x',
        kind: 'Canary',
        field,
        says: {},
        change: { [field]: value },
      } as const;
      const read = parseCanary(manifestOf(bad));
      for (const problem of read.ok ? [] : read.problems) {
        expect(problemSentence(problem)).toMatch(/^\S.*: found [^\n]+, allowed is [^\n]+$/);
      }
    }),
    { examples: [['spec.service.targetPort', '']] },
  );
  expect(parseCanary(GOOD.Canary).ok).toBe(true);
});
