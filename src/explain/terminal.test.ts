import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  aKnownRollout,
  ASKED,
  type EdgeCounts,
  type Rollout,
} from '../../test/builders/explained.ts';
import type { Message } from '../api/status.ts';
import { caseOf } from './case.ts';
import { jsonDocument } from './document.ts';
import { terminalText } from './terminal.ts';

const HEALTHY: EdgeCounts = [
  [40, 0, 1],
  [160, 1, 2],
];
const BROKEN: EdgeCounts = [
  [40, 20],
  [160, 1],
];

const shown = (rollout: Rollout) =>
  stripVTControlCharacters(terminalText(caseOf(aKnownRollout(rollout)))).split('\n');
const sectionsOf = (lines: readonly string[]) => lines.filter((line) => /^\S/.test(line));

describe('the case in a terminal', () => {
  const metrics = [{ name: 'request-success-rate', thresholdRange: { min: 99 } }];
  const rollout: Rollout = {
    edges: [HEALTHY, BROKEN, BROKEN],
    endedS: 22,
    analysis: { metrics },
    status: { checks: [{ name: 'request-success-rate', measured: '50 %', outcome: 'fail' }] },
    known: { asked: [{ ...ASKED, query: 'sum(a)\n  / sum(b)', at: Date.UTC(2026, 10, 21, 9) }] },
  };

  it('has its parts in the order in which people ask', () => {
    expect(sectionsOf(shown(rollout))).toEqual([
      '▸ shop/checkout  Progressing  checkout-new beside checkout-old, since 2026-11-21 08:59:56 UTC',
      'Timeline (UTC)',
      'Guard',
      'Blocks',
      'Checks',
      'What was missing',
      'What would have had to be different',
    ]);
  });

  it('shows weights, evidence against its line, and both versions of each block', () => {
    const text = shown(rollout).join('\n');
    expect(text).toContain('  09:00:00  ██░░░░░░░░   20 %  weight 20 % written');
    expect(text).toMatch(/6\.2 ┼╌+█╌ convicts/);
    expect(text).toMatch(/09:00:20 +20 % +20\/40 \(50%\) +1\/160 \(0\.63%\) .* errors 7\.1/);
    expect(text).toContain('ROLLBACK: 5xx 40/80 (50%)');
  });

  it('tells the day of moments that are not all of one', () => {
    const outbox: Message[] = [
      {
        n: 1,
        at: '2026-11-22T01:00:00Z',
        kind: 'waiting',
        severity: 'info',
        text: 'waits',
        owed: [],
      },
    ];
    const text = shown({ ...rollout, status: { ...rollout.status, outbox } }).join('\n');
    expect(text).toContain('  11-21 09:00:00  ██░░░░░░░░   20 %  weight 20 % written');
    expect(text).toMatch(/11-22 01:00:00 +waiting: waits/);
    expect(text).toMatch(/ {2}09:00:20 +20 % +20\/40/);
  });

  it('has queries that can be pasted: whole, and with the moment they are of', () => {
    const text = shown(rollout).join('\n');
    expect(text).toContain('✗ request-success-rate over 1m  50 %');
    expect(text).toContain(
      'query, as of 2026-11-21T09:00:00.000Z (it gives requests by how they ended):\n        sum(a)\n          / sum(b)\n',
    );
  });

  it('leaves out what there is nothing of', () => {
    const blueGreen = { stepWeights: undefined, iterations: 2 };
    const lines = shown({ edges: [], analysis: blueGreen });
    expect(sectionsOf(lines).slice(1)).toEqual(['Timeline (UTC)', 'Guard']);
    expect(lines.join('\n')).toContain('The guard sits out: the canary gets no share');
  });

  it('shows the end of a long rollout, and says where the rest is', () => {
    const lines = shown({ edges: Array.from({ length: 60 }, () => HEALTHY) });
    const title = lines.findIndex((line) => line.startsWith('Blocks'));
    expect(lines[title]).toMatch(
      /^Blocks \(the last 24 of \d+; --output json and --html have all\)$/,
    );
    expect(lines.slice(title + 2).findIndex((line) => line === '')).toBe(24);
  });
});

it('lets no text steer the terminal', () => {
  const verdict = 'HOLD: \u001B]0;owned\u0007\u009B2J';
  const query = 'up\u001B[31m';
  const known = { asked: [{ ...ASKED, query }] };
  const analysis = { metrics: [{ name: 'mine', query: 'up', threshold: 1 }] };
  const text = shown({ edges: [], status: { verdict }, analysis, known }).join('\n');
  expect(text).toContain('HOLD: \uFFFD]0;owned\uFFFD\uFFFD2J');
  expect(text).toContain('up\uFFFD[31m');
});

it('as JSON it is the case itself, with all blocks', () => {
  const told = caseOf(aKnownRollout({ edges: Array.from({ length: 60 }, () => HEALTHY) }));
  const { apiVersion, kind, ...rest } = JSON.parse(jsonDocument(told)) as Record<string, unknown>;
  expect({ apiVersion, kind }).toEqual({ apiVersion: 'linnet.dev/v1beta1', kind: 'Explanation' });
  expect(rest).toEqual(told);
});
