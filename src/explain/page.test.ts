import { describe, expect, it } from 'vitest';
import {
  aKnownRollout,
  ASKED,
  type EdgeCounts,
  type Rollout,
} from '../../test/builders/explained.ts';
import { caseOf } from './case.ts';
import { markup } from './markup.ts';
import { htmlPage } from './page.ts';

const HEALTHY: EdgeCounts = [
  [40, 0, 1],
  [160, 1, 2],
];
const EVIL = `</style><script>alert("1")</script>'&<img src=x onerror=y>`;

const pageOf = (rollout: Rollout) => htmlPage(caseOf(aKnownRollout(rollout)));

const ROLLOUTS: [string, Rollout][] = [
  ['a long one', { edges: Array.from({ length: 90 }, () => HEALTHY) }],
  [
    'one with latency',
    { edges: [HEALTHY, HEALTHY], analysis: { guard: { latency: { warmup: '0s' } } } },
  ],
  ['one that was never sampled', { edges: [[undefined, undefined]] }],
  ['one without blocks', { edges: [] }],
  ['one with hostile texts', hostile()],
];

describe.each(ROLLOUTS)('the page of %s', (_, rollout) => {
  const page = pageOf(rollout);

  it('is whole: every element that is opened is closed', () => {
    expect(unclosed(page)).toEqual([]);
  });

  it('needs nothing else, and runs nothing', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|image|use)\b/i);
    expect(tagsOf(page).filter((tag) => /\b(src|href|on\w+)=/i.test(tag))).toEqual([]);
    expect(page).not.toMatch(/@import|url\(/i);
    expect(page).toContain(`default-src 'none'`);
  });

  it('has no number that is none', () => {
    expect(page).not.toMatch(/NaN|Infinity|\bundefined\b|\[object/);
  });
});

function hostile(): Rollout {
  const check = {
    name: 'mine',
    measured: EVIL,
    message: EVIL,
    allowed: EVIL,
    outcome: 'fail' as const,
  };
  return {
    edges: [HEALTHY],
    analysis: { metrics: [{ name: 'mine', query: 'up', threshold: 1 }] },
    status: {
      verdict: EVIL,
      revision: EVIL,
      checks: [check],
      hold: { code: 'evidence', reason: EVIL, since: '2026-11-21T09:00:10.000Z' },
    },
    known: {
      store: EVIL,
      asked: [{ ...ASKED, query: EVIL, primaryQuery: EVIL, answeredBy: EVIL }],
    },
  };
}

it('shows hostile texts as the texts they are', () => {
  const page = pageOf(hostile());
  expect(page).not.toContain('<script');
  expect(page.split('&lt;script&gt;').length).toBeGreaterThan(8);
});

it('has a chart of weight, evidence, failures and durations, each with words for it', () => {
  const page = pageOf(ROLLOUTS[1]![1]);
  expect(page.match(/<svg viewBox="0 0 860[^>]* role="img" aria-label="[^"]{10}/g)).toHaveLength(4);
  expect(page).toContain('6.2 convicts');
});

it('is light and dark as the reader has it, and light on paper', () => {
  const page = pageOf({ edges: [] });
  expect(page).toContain('@media screen and (prefers-color-scheme: dark)');
  expect(page).toContain('@media print');
});

it.each([
  ['text', markup`<p>${'a<b>&"\''}</p>`, '<p>a&lt;b&gt;&amp;&quot;&#39;</p>'],
  ['a piece', markup`<p>${markup`<b>${'<'}</b>`}</p>`, '<p><b>&lt;</b></p>'],
  ['pieces', markup`${[markup`<i>1</i>`, markup`<i>2</i>`]}`, '<i>1</i><i>2</i>'],
  ['a control character', markup`${'a\u0000\u001Bb\n'}`, 'a\uFFFD\uFFFDb\n'],
])('%s in a piece of a page', (_, piece, text) => {
  expect(piece.text).toBe(text);
});

const TAG = /<(\/?)([!a-z][a-z0-9]*)((?:"[^"]*"|[^">])*?)(\/?)>/gi;

function tagsOf(page: string): string[] {
  return [...page.matchAll(TAG)].map(([tag]) => tag);
}

const VOID_ELEMENTS = new Set(['meta', '!doctype']);

/** Names of elements that are left open, or closed in the wrong order. */
function unclosed(page: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', , self] of page.matchAll(TAG)) {
    const tag = name.toLowerCase();
    if (slash === '/') {
      if (open.pop() !== tag) return [`</${tag}>`, ...open];
    } else if (self !== '/' && !VOID_ELEMENTS.has(tag)) open.push(tag);
  }
  return open;
}
