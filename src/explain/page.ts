import type { Check } from '../api/status.ts';
import type { Case } from './case.ts';
import type { CheckCase } from './check-case.ts';
import type { BlockCase, GuardCase } from './guard-case.ts';
import { html, type Markup, NOTHING } from './markup.ts';
import { chartsOf } from './page-charts.ts';
import { PAGE_STYLE } from './page-style.ts';
import { clockText } from './terminal-chart.ts';
import type { Moment } from './timeline.ts';
import { agreementText, countsText, rulesText, shareText } from './wording.ts';

/** The case as one page that needs nothing else: no script, no font, no picture from anywhere. */
export function htmlPage(told: Case): string {
  const { canary, timeline, guard, checks, missing, otherwise } = told;
  const title = `${canary.namespace}/${canary.name}`;
  // The style is our own, and a style sheet knows no escapes of a page.
  const [before, after] = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'"
        />
        <title>${title}: why</title>
        <style>
          |
        </style>
      </head>
      <body>
        <main>
          ${heading(told)} ${section('Charts', chartsOf(told))}
          ${section('Timeline', [timelineTable(timeline)])}
          ${section('What the guard says', guardText(guard))}
          ${section('What was missing', list(missing))}
          ${section('What would have had to be different', list(otherwise))}
          ${section(
            'Checks',
            checks.map((check) => checkText(check, told.store)),
          )}
          ${section(`Blocks`, blockTable(guard))}
          <p class="faint">
            As of ${told.asOf}, from the Canary and ${told.store}. All times are UTC.
          </p>
        </main>
      </body>
    </html> `.text.split('<style>|</style>');
  return `${before}<style>${PAGE_STYLE}</style>${after}`;
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
  const {
    canary,
    outcome,
    phase,
    revision = 'unknown',
    primary,
    startedAt,
    endedAt,
    verdict,
  } = told;
  const beside = primary === undefined || primary === revision ? '' : ` beside ${primary}`;
  const ended = endedAt === undefined ? 'still runs' : `ended ${dayText(endedAt)}`;
  return html`<h1>${canary.namespace}/${canary.name}</h1>
    <p>
      <span class="outcome ${TONES[outcome]}">${outcome.replaceAll('-', ' ')}</span> ${phase}:
      revision <code>${revision}</code>${beside}
    </p>
    <p class="faint">Began ${dayText(startedAt)}, ${ended} (UTC)</p>
    ${verdict === undefined ? NOTHING : html`<p class="verdict">${verdict}</p>`}`;
}

function dayText(at: string): string {
  return `${at.slice(0, 10)} ${clockText(at)}`;
}

function section(title: string, content: readonly Markup[]): Markup {
  return content.length === 0
    ? NOTHING
    : html`<section>
        <h2>${title}</h2>
        ${content}
      </section> `;
}

function list(sentences: readonly string[]): Markup[] {
  return sentences.length === 0
    ? []
    : [
        html`<ul>
          ${sentences.map((sentence) => html`<li>${sentence}</li>`)}
        </ul>`,
      ];
}

function timelineTable(moments: readonly Moment[]): Markup {
  const rows = moments.map(
    ({ at, weight, what }) =>
      html`<tr>
        <td>${clockText(at)}</td>
        <td>${weight === undefined ? '' : `${weight} %`}</td>
        <td class="wide">${what}</td>
      </tr> `,
  );
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>UTC</th>
          <th>Weight</th>
          <th>What happened</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function guardText({ why, ruling, isStoredVerdict, rules }: GuardCase): Markup[] {
  return [
    ...(why === undefined ? [] : [html`<p>${why}</p>`]),
    ...(ruling === undefined ? [] : [html`<p class="verdict">${ruling.line}</p>`]),
    ...(isStoredVerdict === undefined ? [] : [html`<p>${agreementText(isStoredVerdict)}</p>`]),
    ...(rules === undefined ? [] : list(rulesText(rules))),
  ];
}

const SIGNS: Record<Check['outcome'], readonly [sign: string, tone: string]> = {
  pass: ['✓', 'good'],
  fail: ['✗', 'bad'],
  hold: ['‖', 'wait'],
};

function checkText(check: CheckCase, store: string): Markup {
  const { name, interval, stored, replayed, query, primaryQuery, answeredBy, why } = check;
  const where = answeredBy === store ? '' : ` of ${answeredBy}`;
  return html`<article>
    <p><strong>${name}</strong> over ${interval}</p>
    <ul>
      ${stored === undefined ? NOTHING : html`<li>as the controller stored it: ${measuredText(stored)}</li>`}
      ${replayed === undefined ? NOTHING : html`<li>asked again: ${measuredText(replayed)}</li>`}
      ${why === undefined ? NOTHING : html`<li>${why}</li>`}
    </ul>
    ${
      query === undefined
        ? NOTHING
        : html`<p class="faint">Query${where}</p>
            <pre>${query}</pre>`
    }
    ${
      primaryQuery === undefined
        ? NOTHING
        : html`<p class="faint">For the primary</p>
            <pre>${primaryQuery}</pre>`
    }
  </article> `;
}

function measuredText({ outcome, measured = 'nothing', allowed, message }: Check): Markup {
  const [sign, tone] = SIGNS[outcome];
  const bound = allowed === undefined ? '' : `, allowed ${allowed}`;
  const more = message === undefined ? '' : `: ${message}`;
  return html`<span class="${tone}">${sign} ${outcome}</span> ${measured}${bound}${more}`;
}

function blockTable({ blocks }: GuardCase): Markup[] {
  if (blocks.length === 0) return [];
  return [
    html`<p class="faint">
        Bad requests of all, in each block; slow ones beside the bound at which most speaks against
        the canary.
      </p>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th>Ends</th>
              <th>Weight</th>
              <th>Canary bad</th>
              <th>Primary bad</th>
              <th>Canary slow</th>
              <th>Primary slow</th>
              <th>Evidence: errors</th>
              <th>latency</th>
              <th>SLO</th>
              <th></th>
            </tr>
          </thead>
          <tbody>
            ${blocks.map(blockRow)}
          </tbody>
        </table>
      </div>`,
  ];
}

function blockRow({ to, weight, kind, canary, primary, slow, evidence }: BlockCase): Markup {
  const { errors, latency, slo } = evidence;
  const slower = slow === undefined ? '–' : `${shareText(slow.canary)} > ${slow.bound} ms`;
  return html`<tr class="${kind === 'weighed' ? '' : 'void'}">
    <td>${clockText(to)}</td>
    <td>${weight} %</td>
    <td>${countsText(canary)}</td>
    <td>${countsText(primary)}</td>
    <td>${slower}</td>
    <td>${slow === undefined ? '–' : shareText(slow.primary)}</td>
    <td>${errors.toFixed(1)}</td>
    <td>${latency?.toFixed(1) ?? '–'}</td>
    <td>${slo?.toFixed(1) ?? '–'}</td>
    <td>${kind === 'weighed' ? '' : kind}</td>
  </tr> `;
}
