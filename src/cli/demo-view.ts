import pc from 'picocolors';
import stringWidth from 'string-width';
import type { CanaryStatus } from '../api/status.ts';
import { clip } from './clip.ts';
import { bar } from '../terminal/bar.ts';

/** Everything that one picture of the demo shows. */
export interface Frame {
  readonly seconds: number;
  /** What this part of the demo is about. */
  readonly title: string;
  readonly status: CanaryStatus | undefined;
  readonly versions: readonly VersionRow[];
  /** What happened so far, the latest last. */
  readonly story: readonly Line[];
  /** Messages as their receiver got them, the latest last. */
  readonly messages: readonly Line[];
}

export interface VersionRow {
  readonly role: 'primary' | 'canary';
  readonly version: string;
  readonly weight: number;
  readonly pods: number;
  /** From Prometheus; undefined until it has seen this version. */
  readonly requestsPerSecond: number | undefined;
  /** 0 to 1. */
  readonly errorShare: number | undefined;
}

export interface Line {
  readonly seconds: number;
  readonly text: string;
  readonly tone?: 'good' | 'bad' | 'plain';
}

/** One picture, at most `width` cells wide. */
export function picture(frame: Frame, width: number): string {
  const rule = pc.dim('─'.repeat(Math.min(width, 96)));
  const lines = [
    heading(frame, width),
    rule,
    ...stateOf(frame.status),
    '',
    ...frame.versions.map((row) => versionLine(row, width)),
    '',
    ...section('verdict', verdictLines(frame.status?.verdict ?? '', Math.min(width, 96) - 2)),
    ...section('what happened', frame.story.slice(-STORY_LINES).map(lineText)),
    ...section('messages received', frame.messages.slice(-MESSAGE_LINES).map(lineText)),
    rule,
  ];
  return lines.map((line) => clip(line, width)).join('\n');
}

/** The same in one line, for logs and pipes. */
export function plainLine({ seconds, status, versions }: Frame): string {
  const parts = versions.map(
    (row) => `${row.role} ${row.version} ${row.weight} % ${trafficText(row)}`,
  );
  const stage = status?.stage === undefined ? '' : `/${status.stage}`;
  return `${clock(seconds)}  ${status?.phase ?? 'starting'}${stage}  ${parts.join('  ')}  ${status?.verdict ?? ''}`;
}

const STORY_LINES = 9;
const MESSAGE_LINES = 5;

function heading({ title, seconds }: Frame, width: number): string {
  const name = pc.bold(pc.cyan('Linnet'));
  const gap = Math.min(width, 96) - stringWidth(`Linnet  ${title}`) - 5;
  return `${name}  ${title}${' '.repeat(Math.max(1, gap))}${pc.dim(clock(seconds))}`;
}

function stateOf(status: CanaryStatus | undefined): string[] {
  if (status === undefined) return [pc.dim('starting…')];
  const stage = status.stage === undefined ? '' : pc.dim(` · ${status.stage}`);
  const failed =
    status.failedChecks === 0
      ? ''
      : pc.red(
          ` · ${status.failedChecks} failed ${status.failedChecks === 1 ? 'check' : 'checks'}`,
        );
  return [`${pc.bold(status.phase)}${stage}${failed}`];
}

function versionLine(row: VersionRow, width: number): string {
  const paint = row.role === 'primary' ? pc.blue : pc.yellow;
  const cells = Math.max(10, Math.min(30, width - 66));
  const name = `${row.role.padEnd(8)}${row.version.padEnd(5)}`;
  const weight = `${String(row.weight).padStart(3)} %`;
  const pods = `${row.pods} ${row.pods === 1 ? 'pod ' : 'pods'}`;
  return `${name}${paint(bar(row.weight, cells))} ${pc.bold(weight)}   ${trafficText(row)}   ${pc.dim(pods)}`;
}

function trafficText({ requestsPerSecond, errorShare }: VersionRow): string {
  const rate = `${(requestsPerSecond ?? 0).toFixed(1).padStart(5)} req/s`;
  if (errorShare === undefined) return `${rate}       -       `;
  const percent = `${(errorShare * 100).toFixed(1).padStart(5)} % errors`;
  return `${rate} ${errorShare > 0.01 ? pc.red(percent) : percent}`;
}

function verdictLines(verdict: string, width: number): string[] {
  if (verdict === '') return [];
  const paint = /^(FAIL|ROLLBACK|STUCK)/.test(verdict)
    ? pc.red
    : /^(PASS|PROMOTE|READY|PROGRESS)/.test(verdict)
      ? pc.green
      : pc.yellow;
  return wrapped(verdict, width).map(paint);
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [pc.dim(title), ...lines.map((line) => `  ${line}`), ''];
}

function lineText({ seconds, text, tone = 'plain' }: Line): string {
  const paint = { good: pc.green, bad: pc.red, plain: (line: string) => line }[tone];
  return `${pc.dim(clock(seconds))}  ${paint(text)}`;
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
