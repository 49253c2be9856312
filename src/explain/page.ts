import type { Check } from '../api/status.ts';
import { clockText } from '../terminal/clock.ts';
import type { Case } from './case.ts';
import type { CheckCase } from './check-case.ts';
import type { GuardCase } from './guard-case.ts';
import { Markup, markup, NOTHING } from './markup.ts';
import { chartsOf } from './page-charts.ts';
import { PAGE_STYLE } from './page-style.ts';
import { blockTable, timelineTable } from './page-tables.ts';
import { agreementText, answerText, rulesText } from './wording.ts';

/** The case as one page that needs nothing else: no script, no font, no picture from anywhere. */
export function htmlPage(told: Case): string {
  const { canary, timeline, guard, checks, missing, otherwise, asOf, store } = told;
  const title = `${canary.namespace}/${canary.name}`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}: why</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<main>
${heading(told)}
${section('Charts', chartsOf(told))}
${section('Timeline', [timelineTable(timeline)])}
${section('What the guard says', guardText(guard))}
${section('What was missing', list(missing))}
${section('What would have had to be different', list(otherwise))}
${section(
  'Checks',
  checks.map((check) => checkText(check, store)),
)}
${section('Blocks', blockTable(guard))}
<p class="faint">As of ${asOf}, from the Canary and ${store}. All times are UTC.</p>
</main>
</body>
</html>
`.text;
}

const TONES: Record<Case['outcome'], string> = {
  promoted: 'good',
  'under-way': 'wait',
  superseded: 'wait',
  failed: 'bad',
  aborted: 'bad',
  'primary-stuck': 'bad',
};

function heading(told: Case): Markup {
  const { canary, outcome, phase, primary, startedAt, endedAt, verdict } = told;
  const { revision = 'unknown' } = told;
  const beside = primary === undefined || primary === revision ? '' : ` beside ${primary}`;
  const ended = endedAt === undefined ? 'still runs' : `ended ${dayText(endedAt)}`;
  return markup`<h1>${canary.namespace}/${canary.name}</h1>
<p><span class="outcome ${TONES[outcome]}">${outcome.replaceAll('-', ' ')}</span> ${phase}:
revision <code>${revision}</code>${beside}</p>
<p class="faint">Began ${dayText(startedAt)}, ${ended} (UTC)</p>
${verdict === undefined ? NOTHING : markup`<p class="verdict">${verdict}</p>`}`;
}

function dayText(at: string): string {
  return `${at.slice(0, 10)} ${clockText(at)}`;
}

function section(title: string, content: readonly Markup[]): Markup {
  if (content.length === 0) return NOTHING;
  return markup`<section>
<h2>${title}</h2>
${content}
</section>
`;
}

function list(sentences: readonly string[]): Markup[] {
  if (sentences.length === 0) return [];
  return [markup`<ul>${sentences.map((sentence) => markup`<li>${sentence}</li>`)}</ul>`];
}

function guardText({ why, counted, ruling, isStoredVerdict, rules }: GuardCase): Markup[] {
  return [
    ...(why === undefined ? [] : [markup`<p>${why}</p>`]),
    ...(ruling === undefined ? [] : [markup`<p class="verdict">${ruling.line}</p>`]),
    ...(isStoredVerdict === undefined ? [] : [markup`<p>${agreementText(isStoredVerdict)}</p>`]),
    ...(rules === undefined ? [] : list(rulesText(rules, counted))),
  ];
}

const SIGNS: Record<Check['outcome'], readonly [sign: string, tone: string]> = {
  pass: ['✓', 'good'],
  fail: ['✗', 'bad'],
  hold: ['‖', 'wait'],
};

function checkText(check: CheckCase, store: string): Markup {
  const { name, interval, stored, replayed, query, primaryQuery, answeredBy, at, why } = check;
  const of = answeredBy === store ? '' : ` of ${answeredBy}`;
  const asOf = at === undefined ? '' : `, as of ${at}`;
  const facts = [
    ...(stored === undefined ? [] : [markup`As the controller stored it: ${measuredText(stored)}`]),
    ...(replayed === undefined ? [] : [markup`Asked again: ${measuredText(replayed)}`]),
    ...(why === undefined ? [] : [markup`${why}`]),
  ];
  return markup`<article>
<p><strong>${name}</strong> over ${interval}</p>
<ul>${facts.map((fact) => markup`<li>${fact}</li>`)}</ul>
${queryText(`Query${of}${asOf}${answerText(name)}`, query)}
${queryText('For the primary', primaryQuery)}
</article>
`;
}

function queryText(title: string, query: string | undefined): Markup {
  return query === undefined ? NOTHING : markup`<p class="faint">${title}</p><pre>${query}</pre>`;
}

function measuredText({ outcome, measured = 'nothing', allowed, message }: Check): Markup {
  const [sign, tone] = SIGNS[outcome];
  const bound = allowed === undefined ? '' : `, allowed ${allowed}`;
  const more = message === undefined ? '' : `: ${message}`;
  return markup`<span class="${tone}">${sign} ${outcome}</span> ${measured}${bound}${more}`;
}
