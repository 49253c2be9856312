import pc from 'picocolors';
import type { Check } from '../api/status.ts';
import { bar } from '../terminal/bar.ts';
import { clockFor, clockText } from '../terminal/clock.ts';
import { table } from '../terminal/table.ts';
import type { Case } from './case.ts';
import type { CheckCase } from './check-case.ts';
import { evidenceLines } from './evidence-line.ts';
import type { BlockCase, GuardCase } from './guard-case.ts';
import { evidenceChart } from './terminal-chart.ts';
import type { Moment } from './timeline.ts';
import { agreementText, answerText, countsText, rulesText, shareText } from './wording.ts';

/** The case for a terminal, in the order in which questions are asked. */
export function terminalText(given: Case): string {
  const told = withoutControls(given);
  return [
    ...heading(told),
    ...section('Timeline (UTC)', timeline(told.timeline)),
    ...section('Guard', guardLines(told.guard)),
    ...section(blocksTitle(told.guard), blockTable(told.guard)),
    ...section(
      'Checks',
      told.checks.flatMap((check) => checkLines(check, told.store)),
    ),
    ...section('What was missing', told.missing),
    ...section('What would have had to be different', told.otherwise),
  ].join('\n');
}

/** Whoever may edit a Canary or a template must not steer the terminal of who reads about it. */
function withoutControls(told: Case): Case {
  const harmless = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD') : value;
  return JSON.parse(JSON.stringify(told), harmless) as Case;
}

function heading({
  canary,
  phase,
  outcome,
  revision,
  primary,
  verdict,
  startedAt,
}: Case): string[] {
  const signs = { promoted: pc.green('✓'), 'under-way': pc.cyan('▸') } as const;
  const sign = outcome === 'promoted' || outcome === 'under-way' ? signs[outcome] : pc.red('✗');
  const beside = primary === undefined || primary === revision ? '' : ` beside ${primary}`;
  const name = pc.bold(`${canary.namespace}/${canary.name}`);
  return [
    `${sign} ${name}  ${phase}  ${revision ?? ''}${beside}, since ${startedAt.slice(0, 10)} ${clockText(startedAt)} UTC`,
    ...(verdict === undefined ? [] : [`  ${verdict}`]),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : ['', pc.bold(title), ...lines.map((line) => `  ${line}`.trimEnd())];
}

function timeline(moments: readonly Moment[]): string[] {
  const clock = clockFor(moments.map(({ at }) => at));
  return moments.map(({ at, weight, what }) => {
    const share =
      weight === undefined ? ' '.repeat(17) : `${bar(weight, 10)} ${String(weight).padStart(4)} %`;
    return `${clock(at)}  ${share}  ${what}`;
  });
}

function guardLines(guard: GuardCase): string[] {
  const { why, counted, rules, ruling, isStoredVerdict } = guard;
  const [loudest] = evidenceLines(guard);
  const chart =
    loudest === undefined
      ? []
      : ['', `Evidence: ${loudest.title}`, ...evidenceChart(loudest, { width: 64, height: 8 })];
  return [
    ...(why === undefined ? [] : [why]),
    ...(ruling === undefined ? [] : [ruling.line]),
    ...(isStoredVerdict === undefined ? [] : [agreement(isStoredVerdict)]),
    ...(rules === undefined ? [] : rulesText(rules, counted)),
    ...chart,
  ];
}

function agreement(isStoredVerdict: boolean): string {
  const colour = isStoredVerdict ? pc.green : pc.yellow;
  return colour(agreementText(isStoredVerdict));
}

/** So many blocks fit a screen; files have all of them. */
const SHOWN = 24;

function blocksTitle({ blocks }: GuardCase): string {
  const all = blocks.length;
  return all > SHOWN
    ? `Blocks (the last ${SHOWN} of ${all}; --output json and --html have all)`
    : 'Blocks';
}

function blockTable({ blocks }: GuardCase): string[] {
  if (blocks.length === 0) return [];
  const shown = blocks.slice(-SHOWN);
  const clock = clockFor(shown.map(({ to }) => to));
  const head = [
    'ENDS',
    'WEIGHT',
    'CANARY BAD',
    'PRIMARY BAD',
    'CANARY SLOW',
    'PRIMARY SLOW',
    'EVIDENCE',
  ];
  return table([head, ...shown.map((block) => [clock(block.to), ...blockRow(block)])]);
}

function blockRow({ weight, kind, canary, primary, slow, evidence }: BlockCase): string[] {
  const bound = slow === undefined ? '' : ` >${slow.bound}ms`;
  const said = kind === 'weighed' ? '' : `  ${kind}`;
  return [
    `${weight} %`,
    countsText(canary),
    countsText(primary),
    slow === undefined ? '-' : `${shareText(slow.canary)}${bound}`,
    slow === undefined ? '-' : shareText(slow.primary),
    `${evidenceText(evidence)}${said}`,
  ];
}

function evidenceText({ errors, latency, slo }: BlockCase['evidence']): string {
  const parts = [
    `errors ${errors.toFixed(1)}`,
    ...(latency === undefined ? [] : [`latency ${latency.toFixed(1)}`]),
    ...(slo === undefined ? [] : [`slo ${slo.toFixed(1)}`]),
  ];
  return parts.join('  ');
}

const SIGNS: Record<Check['outcome'], string> = {
  pass: pc.green('✓'),
  fail: pc.red('✗'),
  hold: pc.yellow('‖'),
};

function checkLines(
  { name, interval, stored, replayed, query, primaryQuery, answeredBy, at, why }: CheckCase,
  store: string,
) {
  const shown = stored ?? replayed;
  const sign = shown === undefined ? '-' : SIGNS[shown.outcome];
  const from =
    stored === undefined && replayed !== undefined
      ? ' (asked now: the controller has not measured it)'
      : '';
  const again = stored && replayed ? [`    again from the store: ${checkText(replayed)}`] : [];
  const where = `${answeredBy === store ? '' : ` of ${answeredBy}`}${at === undefined ? '' : `, as of ${at}`}`;
  return [
    `${sign} ${name} over ${interval}  ${shown === undefined ? 'not measured' : checkText(shown)}${from}`,
    ...again,
    ...(why === undefined ? [] : [`    ${why}`]),
    ...(query === undefined ? [] : [`    query${where}${answerText(name)}:`, ...indented(query)]),
    ...(primaryQuery === undefined ? [] : [`    for the primary:`, ...indented(primaryQuery)]),
  ];
}

function checkText({ measured, allowed, message }: Check): string {
  const bound =
    allowed === undefined ? '' : `${measured === undefined ? '' : ', '}allowed ${allowed}`;
  return `${measured ?? ''}${bound}${message === undefined ? '' : `  ${message}`}`;
}

/** Unbroken: it is there to be pasted. */
function indented(query: string): string[] {
  return query.split('\n').map((line) => `      ${line}`);
}
