import pc from 'picocolors';
import { formatDuration } from '../api/duration.ts';
import { clockText } from '../terminal/clock.ts';
import { table } from '../terminal/table.ts';
import type { Backtest, PolicyTotal, RolloutCase, VerdictCase, WorkloadCase } from './backtest.ts';

/** The backtest for a terminal: each workload, its rollouts, what each policy says, and the sum. */
export function terminalText(given: Backtest): string {
  const told = withoutControls(given);
  return [
    pc.bold(`${minuteText(told.from)} to ${minuteText(told.to)} UTC, as ${told.store} has it`),
    ...told.workloads.flatMap(workloadLines),
    '',
    pc.bold('In all'),
    ...indented(table([TOTAL_HEAD, ...told.totals.map(totalRow)])),
    '',
    ...told.caveats,
  ].join('\n');
}

/** Whoever wrote a manifest must not steer the terminal of who tries it. */
function withoutControls(told: Backtest): Backtest {
  const harmless = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/\p{Cc}/gu, '\uFFFD') : value;
  return JSON.parse(JSON.stringify(told), harmless) as Backtest;
}

function workloadLines({ workload, rollouts, notes }: WorkloadCase): string[] {
  const count = rollouts.length === 1 ? '1 rollout' : `${rollouts.length} rollouts`;
  return [
    '',
    `${pc.bold(`${workload.namespace}/${workload.name}`)}  ${count}`,
    ...rollouts.flatMap((rollout) => ['', ...indented(rolloutLines(rollout))]),
    ...(notes.length === 0 ? [] : ['', ...indented(notes)]),
  ];
}

function rolloutLines({ from, to, steps, ends, canary, primary, verdicts }: RolloutCase): string[] {
  const until = ends === 'under-way' ? 'under way' : `to ${clockText(to)}`;
  return [
    `${from.slice(0, 10)} ${clockText(from)} ${until}  weights ${weightsText(steps)}`,
    `failed: canary ${countsText(canary)}, primary ${countsText(primary)}`,
    ...indented(verdictTable(verdicts)),
  ];
}

/** Observed ones. Of many steps, the first and the last. */
function weightsText(steps: RolloutCase['steps']): string {
  const weights = steps.map(({ weight }) => String(weight));
  const shown =
    weights.length > MOST_WEIGHTS ? [...weights.slice(0, 4), '…', ...weights.slice(-2)] : weights;
  return `${shown.join(' → ')} %`;
}

const MOST_WEIGHTS = 8;

const SIGNS: Record<VerdictCase['outcome'], string> = {
  rollback: pc.red('rolls back'),
  promote: pc.green('promotes'),
  hold: pc.yellow('holds'),
};

/** Why follows each row, since it is longer than any column. */
function verdictTable(verdicts: readonly VerdictCase[]): string[] {
  const head = ['POLICY', 'VERDICT', 'AT', 'AFTER', 'FAILED UNTIL', 'FAILED AFTER', ''];
  const rows = verdicts.map(
    ({ policy, outcome, at, afterSeconds, failedUntil, failedAfter, likely }) => [
      policy,
      SIGNS[outcome],
      clockText(at),
      formatDuration(afterSeconds * 1000),
      String(Math.round(failedUntil)),
      String(Math.round(failedAfter)),
      likely === undefined ? '' : pc.yellow(likely.replaceAll('-', ' ')),
    ],
  );
  const [first = '', ...lines] = table([head, ...rows]);
  return [
    first,
    ...lines.flatMap((line, i) => {
      const { by = '', why = '' } = verdicts[i] ?? {};
      return [line, `  ${pc.dim(`${by}: ${why}`)}`];
    }),
  ];
}

const TOTAL_HEAD = [
  'POLICY',
  'ROLLOUTS',
  'ROLLBACKS',
  'PROMOTIONS',
  'HOLDS',
  'FAILED UNTIL',
  'SPARED',
  'LET THROUGH',
  'FALSE ALARMS',
  'SPARED NOBODY',
  'MISSES',
];

function totalRow(total: PolicyTotal): string[] {
  const { policy, ...numbers } = total;
  return [policy, ...Object.values(numbers).map((value) => String(Math.round(value)))];
}

/** `12/240 (5%)`, two digits that count. */
function countsText({ requests, bad }: { requests: number; bad: number }): string {
  const share = requests > 0 ? ` (${Number(((100 * bad) / requests).toPrecision(2))}%)` : '';
  return `${Math.round(bad)}/${Math.round(requests)}${share}`;
}

function minuteText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)}`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`.trimEnd());
}
