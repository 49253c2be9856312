import { quantileOf } from './histogram-text.ts';
import type { Rollback } from './rollbacks.ts';
import type { Window } from './samples.ts';

/** What was measured in one part of the play. */
export interface Part {
  readonly heading: string;
  readonly window: Window;
  /** Where versions failed. */
  readonly rollbacks?: readonly Rollback[];
}

export const HOW_TO_READ = `How to read it. Each column is a span of time. "idle": nothing was released. "1 rollout" and "all
rollouts": every interval, each rollout under way is judged and its weight raised by one. "all held
up": the canaries get no requests, so that every tick measures and changes nothing. "churn": every
few seconds some canaries are deleted, others come back, and others get a new version. A look is one
pass of the reconcile over one canary, for an event or a timer; a move is a step whose new weight is
stored. API requests are the API server's own count; watches do not count, they stay open. A step is
late by the time from when it was due by the stored plan until its successor was seen in the status.
"due" counts the steps whose time came in the span, "moved" those that followed. Looks are late by
at most the figure (the bound of a histogram's bucket). The controller is told to log every sweep.
istiod pushes what was written until nothing more came for 100 ms, or for 10 s: "pushes by istiod"
are what it would make of the writes of VirtualServices. "processor time" tells who was busy: where
the programs together used what the machine has, a time that elapsed is theirs, and where they used
less than the whole machine did, others were at work.`;

/** One row a figure, one column a span of time. */
export function tableOf(columns: readonly Part[]): string {
  const rows = ROWS.map(([name, value]) => [name, ...columns.map(({ window }) => value(window))]);
  const verbs = [
    ...new Set(columns.flatMap(({ window }) => [...byVerb(window).keys()])),
  ].toSorted();
  const requests = verbs.map((verb) => [
    `  ${verb}`,
    ...columns.map(({ window }) => whole(byVerb(window).get(verb) ?? 0)),
  ]);
  const programs = [...new Set(columns.flatMap(({ window }) => [...window.usage.keys()]))];
  const seconds = programs
    .filter((name) => columns.some(({ window }) => secondsOf(window, name) >= 0.1))
    .map((name) => [
      `  ${name}`,
      ...columns.map(({ window }) => secondsOf(window, name).toFixed(1)),
    ]);
  const head = ['', ...columns.map(({ heading }) => heading)];
  const section = (name: string) => [name, ...columns.map(() => '')];
  return aligned([
    head,
    ...rows,
    ...rollbackRows(columns),
    section('processor time, s'),
    ...seconds,
    section('API requests by kind'),
    ...requests,
  ]);
}

function rollbackRows(columns: readonly Part[]): string[][] {
  if (columns.every(({ rollbacks }) => rollbacks === undefined)) return [];
  const row = (name: string, of: (rollback: Rollback) => number) => [
    name,
    ...columns.map(({ rollbacks }) => pair(secondsOfAll(rollbacks?.map(of) ?? []))),
  ];
  return [
    ['rolled back', ...columns.map(({ rollbacks }) => whole(rollbacks?.length ?? 0))],
    row('  after the first failing sample, p50 / p99, s', ({ sinceFirst }) => sinceFirst),
    row('  after the last sample before, p50 / p99, s', ({ sinceLast }) => sinceLast),
  ];
}

function secondsOfAll(ms: readonly number[]): (number | undefined)[] {
  return [0.5, 0.99].map((q) =>
    quantileOf(
      q,
      ms.map((value) => value / 1000),
    ),
  );
}

const ROWS: readonly (readonly [string, (window: Window) => string])[] = [
  ['time, s', ({ seconds }) => seconds.toFixed(1)],
  ['looks', ({ looks }) => whole(looks)],
  ['API requests', ({ requests }) => whole(requests.length)],
  ['  of them writes', (window) => whole(writes(window))],
  ['API requests a look', ({ requests, looks }) => ratio(requests.length, looks)],
  ['weight moves', ({ steps }) => whole(steps.length)],
  ['  API requests a move', ({ requests, steps }) => ratio(requests.length, steps.length)],
  ['  writes a move', (window) => ratio(writes(window), window.steps.length)],
  ['steps due', ({ due }) => whole(due)],
  ['  moved', ({ steps }) => whole(steps.filter(({ due }) => due !== undefined).length)],
  ['  late, p50 / p99, s', ({ steps }) => pair(lateSteps(steps))],
  ['pushes by istiod', ({ pushes }) => whole(pushes.length)],
  ['  writes in the largest', ({ pushes }) => whole(most(pushes.map(({ writes }) => writes)))],
  ['  first write waited, s, p99', ({ pushes }) => waits(pushes)],
  ['looks late, p50 / p99, s', ({ lookLateness }) => pair(lookLateness)],
  ['waited for own rate limit, s', ({ throttledSeconds }) => throttledSeconds.toFixed(1)],
  ['Prometheus queries', ({ queries }) => whole(queries)],
  ['  sweeps', ({ sweeps }) => whole(sweeps.length)],
  ['  queries a sweep', ({ queries, sweeps }) => ratio(queries, sweeps.length)],
  ['  kB a sweep', ({ queryBytes, sweeps }) => ratio(queryBytes / 1000, sweeps.length)],
  [
    '  series a sweep',
    ({ sweeps }) => ratio(sum(sweeps.map(({ series }) => series)), sweeps.length),
  ],
  [
    '  ms a sweep, p50',
    ({ sweeps }) =>
      optional(
        quantileOf(
          0.5,
          sweeps.map((s) => s.durationMs),
        ),
        0,
      ),
  ],
  ['controller CPU, cores', cores],
  ['controller memory, MB', (window) => megabytes(window, 'controller')],
  ['  heap after collections, MB', ({ liveHeapBytes }) => (liveHeapBytes / 1e6).toFixed(0)],
  ["its Redis' memory, MB", (window) => megabytes(window, 'redis-server')],
];

function most(values: readonly number[]): number {
  return Math.max(0, ...values);
}

function waits(pushes: Window['pushes']): string {
  const wait = quantileOf(
    0.99,
    pushes.map(({ waitedMs }) => waitedMs),
  );
  return optional(wait && wait / 1000, 1);
}

function secondsOf({ usage }: Window, program: string): number {
  return usage.get(program)?.seconds ?? 0;
}

function cores({ usage, seconds }: Window): string {
  const used = usage.get('controller')?.seconds;
  return optional(used && used / seconds, 2);
}

function megabytes({ usage }: Window, program: string): string {
  const bytes = usage.get(program)?.residentBytes;
  return optional(bytes && bytes / 1e6, 0);
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete']);

function writes({ requests }: Window): number {
  return requests.filter(({ verb }) => WRITES.has(verb)).length;
}

function byVerb({ requests }: Window): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { verb, resource } of requests) {
    const name = `${verb} ${resource}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function lateSteps(steps: Window['steps']): (number | undefined)[] {
  const late = steps.flatMap(({ at, due }) => (due === undefined ? [] : [(at - due) / 1000]));
  return [quantileOf(0.5, late), quantileOf(0.99, late)];
}

function pair(values: readonly (number | undefined)[]): string {
  return values.map((value) => optional(value, 2)).join(' / ');
}

function ratio(part: number, of: number): string {
  return of === 0 ? '-' : (part / of).toFixed(1);
}

function optional(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}

function whole(value: number): string {
  return String(value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
