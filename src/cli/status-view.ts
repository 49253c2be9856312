import pc from 'picocolors';
import type { Canary } from '../api/canary.ts';
import { formatDuration } from '../api/duration.ts';
import type { CanaryStatus, Check, Condition, Phase, Rollout } from '../api/status.ts';
import { bar } from '../terminal/bar.ts';
import { table } from '../terminal/table.ts';

/** The whole fleet, a line each: what an engineer wants to see first comes first. */
export function fleetView(canaries: readonly Canary[], now: number): string {
  if (canaries.length === 0) return 'No Canary here yet. See examples/ for one to apply.';
  const rows = canaries.toSorted(byUrgency).map((canary) => fleetRow(canary, now));
  return table([['', 'NAMESPACE', 'NAME', 'PHASE', 'WEIGHT', 'SINCE', 'VERDICT'], ...rows]).join(
    '\n',
  );
}

/** One canary, in the order in which questions are asked: how is it, why, what next, what before. */
export function canaryView(canary: Canary, now: number): string {
  const { metadata, status } = canary;
  if (status === undefined)
    return `${metadata.namespace}/${metadata.name} has not been looked at yet`;
  const sections = [
    heading(canary, now),
    ...(status.verdict === undefined ? [] : [`  ${status.verdict}`]),
    ...nextLook(status, now),
    ...section('Checks', (status.checks ?? []).map(checkLine)),
    ...section('Trouble', status.conditions.filter(isTrouble).map(troubleLine)),
    ...section('Not yet delivered', undelivered(status)),
    ...section('Revisions', revisions(status)),
    ...section(
      'History',
      (status.history ?? []).toReversed().map((r) => historyLine(r, now)),
    ),
  ];
  return sections.join('\n');
}

const URGENCY: Record<Phase, number> = {
  Failed: 0,
  WaitingPromotion: 1,
  Waiting: 1,
  Progressing: 2,
  Promoting: 2,
  Finalising: 2,
  Initializing: 3,
  Terminating: 3,
  Succeeded: 4,
  Initialized: 4,
  Terminated: 5,
};

function byUrgency(a: Canary, b: Canary): number {
  const rank = (canary: Canary) => URGENCY[canary.status?.phase ?? 'Initializing'];
  const name = ({ metadata }: Canary) => `${metadata.namespace}/${metadata.name}`;
  return rank(a) - rank(b) || name(a).localeCompare(name(b));
}

function fleetRow({ metadata, status }: Canary, now: number): string[] {
  const weight = status?.canaryWeight ?? 0;
  return [
    mark(status),
    metadata.namespace,
    metadata.name,
    status?.phase ?? 'New',
    `${bar(weight, 10)} ${String(weight).padStart(3)} %`,
    age(status?.lastTransitionTime, now),
    status?.verdict ?? '',
  ];
}

/** The colour says the same as the mark: it is never the only sign. */
function mark(status: CanaryStatus | undefined): string {
  if (status?.conditions.some((c) => c.type === 'Stalled' && c.status === 'True'))
    return pc.red('✗');
  if (status?.hold !== undefined) return pc.yellow('‖');
  return status?.conditions.some((c) => c.type === 'Ready' && c.status === 'True')
    ? pc.green('✓')
    : pc.cyan('▸');
}

function heading({ metadata, status }: Canary, now: number): string {
  const weight = status?.canaryWeight ?? 0;
  const since = age(status?.lastTransitionTime, now);
  const stage = status?.stage === undefined ? '' : ` (${status.stage})`;
  const title = pc.bold(`${metadata.namespace}/${metadata.name}`);
  return `${mark(status)} ${title}  ${status?.phase}${stage} for ${since}  ${bar(weight, 20)} ${weight} %`;
}

function nextLook({ step, stage, hold }: CanaryStatus, now: number): string[] {
  if (hold !== undefined) return [`  Holding for ${age(hold.since, now)}: ${hold.reason}`];
  if (stage !== 'analyse' || step?.dueAt === undefined) return [];
  const ms = Date.parse(step.dueAt) - now;
  return ms > 0 ? [`  Next check in ${formatDuration(Math.ceil(ms / 1000) * 1000)}`] : [];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', pc.bold(title), ...lines.map((line) => `  ${line}`)];
}

const SIGNS: Record<Check['outcome'], string> = {
  pass: pc.green('✓'),
  fail: pc.red('✗'),
  hold: pc.yellow('‖'),
};

function checkLine({ outcome, name, measured, allowed, message }: Check): string {
  const value = measured === undefined ? '' : `  ${measured}`;
  const bound = allowed === undefined ? '' : `, allowed ${allowed}`;
  return `${SIGNS[outcome]} ${name}${value}${bound}${message === undefined ? '' : `  ${message}`}`;
}

function isTrouble({ type, status }: Condition): boolean {
  return status === 'True' && /^(Stalled$|Preflight|Alert)/.test(type);
}

function troubleLine({ type, reason, message }: Condition): string {
  return `${type === 'Stalled' ? reason : type.replace(/^Preflight/, '')}: ${message}`;
}

function undelivered({ outbox = [] }: CanaryStatus): string[] {
  return outbox
    .filter(({ owed }) => owed.length > 0)
    .map(({ text, owed }) => `${text}  (to ${owed.join(', ')})`);
}

function revisions({ revision, lastPromotedSpec }: CanaryStatus): string[] {
  if (revision === undefined) return [];
  if (revision === lastPromotedSpec) return [`${revision}  target and primary`];
  return [
    `${revision}  target`,
    ...(lastPromotedSpec === undefined ? [] : [`${lastPromotedSpec}  primary`]),
  ];
}

function historyLine({ endedAt, outcome, revision, reason, weight }: Rollout, now: number): string {
  const sign = outcome === 'promoted' ? pc.green('✓') : pc.red('✗');
  const peak = weight === undefined ? '' : `, reached ${weight} %`;
  return `${sign} ${age(endedAt, now)} ago  ${outcome}  ${revision}${peak}: ${reason}`;
}

/** Two units at most: `3d4h`, `12m5s`. */
function age(since: string | undefined, now: number): string {
  if (since === undefined) return '-';
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0s';
  let rest = seconds;
  const parts = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('');
}
