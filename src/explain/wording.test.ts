import { expect, it } from 'vitest';
import { answerText, rulesText } from './wording.ts';

const RULES = {
  blockMs: 5000,
  line: 6.2146,
  suspicion: 2,
  minRequests: 0,
  latency: { ratio: 1.25, difference: 0.01 },
};

it.each<[string, number | undefined, string]>([
  ['none is known of durations', undefined, 'evidence of 6.2 convicts, from 2.0 on'],
  ['they have the same', 6.2146, 'evidence of 6.2 convicts, from 2.0 on'],
  [
    'they have one of their own',
    9.1629,
    'evidence of 6.2 convicts (9.2 by durations), from 2.0 on',
  ],
])('the line that convicts: %s', (_, line, expected) => {
  const latency = { ...RULES.latency, ...(line === undefined ? {} : { line }) };
  expect(rulesText({ ...RULES, latency }, 'requests')[0]).toContain(expected);
});

it.each([
  ['request-success-rate', ' (it gives requests by how they ended)'],
  ['request-duration', ''],
  ['mine', ''],
])('what the query of %s answers with is said where it is no value', (name, text) => {
  expect(answerText(name)).toBe(text);
});
