import { describe, expect, test } from 'vitest';
import { manifestOf } from '../../test/manifests/bad-manifest.ts';
import { BAD_MANIFESTS } from '../../test/manifests/bad-manifests.ts';
import { GOOD } from '../../test/manifests/good-manifests.ts';
import { parseAlertProvider, parseCanary, parseMetricTemplate } from './parse.ts';
import { problemSentence } from './problem.ts';

const parsers = {
  Canary: parseCanary,
  MetricTemplate: parseMetricTemplate,
  AlertProvider: parseAlertProvider,
};

function problems(kind: keyof typeof parsers, raw: unknown): string[] {
  const read = parsers[kind](raw);
  return read.ok ? [] : read.problems.map(problemSentence);
}

describe('refuses in one sentence', () => {
  const rows = BAD_MANIFESTS.filter((row) => row.says.controller && !row.context);

  test.each(rows)('$kind: $wrong', (row) => {
    const sentences = problems(row.kind, manifestOf(row));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(row.says.controller);
    expect(sentences[0]).toMatch(/^[^\n]+: found [^\n]+, allowed is [^\n]+$/);
    expect(sentences[0]?.slice(0, row.field.length + 2)).toBe(`${row.field}: `);
  });
});

test.each(['Canary', 'MetricTemplate', 'AlertProvider'] as const)('accepts a good %s', (kind) => {
  expect(problems(kind, GOOD[kind])).toEqual([]);
});

test('takes a spec that was read before, and reads the rest', () => {
  const first = parseCanary(GOOD.Canary);
  if (!first.ok) throw new Error('the good Canary was refused');
  const { spec } = first.canary;
  const again = parseCanary(GOOD.Canary, spec);
  expect(again).toEqual(first);
  expect(again.ok && again.canary.spec).toBe(spec);
  const broken = { ...(GOOD.Canary as object), status: { phase: 'Dancing' } };
  expect(parseCanary(broken, spec)).toEqual(parseCanary(broken));
});
