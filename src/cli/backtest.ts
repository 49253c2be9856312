import { openPast, type Past, type TimeSpan } from '../adapters/prometheus/past.ts';
import { PrometheusError } from '../adapters/prometheus/errors.ts';
import { formatDuration } from '../api/duration.ts';
import { backtestOf, type Subject } from '../backtest/backtest.ts';
import { jsonDocument } from '../backtest/document.ts';
import { terminalText } from '../backtest/terminal.ts';
import { ConfigError } from '../config.ts';
import { MOST_LAG_MS } from '../explain/replay.ts';
import { readSubject } from './backtest-history.ts';
import { readPolicies, type Tried } from './backtest-policies.ts';
import { versionsOf } from './backtest-versions.ts';
import { pastServer, type PastServerOptions } from './past-server.ts';
import { pastTime } from './past-time.ts';

export interface BacktestOptions extends PastServerOptions {
  readonly filename: readonly string[];
  readonly against?: string | undefined;
  readonly namespace: string;
  /** Workloads that are versions of one another, separated by commas. */
  readonly versions?: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly output: 'text' | 'json';
}

/**
 * `linnet backtest`: what policies would have done with the rollouts that Prometheus remembers. Reads
 * files and Prometheus, nothing else. Answers the exit code: 1 where Prometheus could not be asked.
 */
export async function backtest(options: BacktestOptions): Promise<number> {
  const span = spanOf(options, Date.now());
  const { filename, against, namespace, versions } = options;
  const read = await readPolicies(filename, against, namespace, versions !== undefined);
  const tried = versions === undefined ? read : versionsOf(read, versions);
  const past = openPast(pastServer(options));
  const progress = progressOf(tried.length);
  try {
    const subjects = await readAll(past, tried, span, progress.say);
    const shown = { from: timeText(span.from), to: timeText(span.to), store: past.server };
    const told = backtestOf(shown, subjects);
    progress.done();
    process.stdout.write(
      `${options.output === 'json' ? jsonDocument(told) : terminalText(told)}\n`,
    );
    return 0;
  } catch (error) {
    progress.done();
    if (!(error instanceof PrometheusError)) throw error;
    process.stderr.write(`The history could not be read: ${error.message}\n`);
    return 1;
  } finally {
    past.close();
  }
}

function spanOf(options: Pick<BacktestOptions, 'from' | 'to'>, now: number): TimeSpan {
  const from = pastTime('--from', options.from, now);
  // What is younger may still be on its way into the store.
  const to = Math.min(pastTime('--to', options.to, now), now - MOST_LAG_MS);
  if (to - from < 60_000) {
    throw new ConfigError(
      `--from: found ${timeText(from)}, allowed is a time at least a minute before --to, ${timeText(to)}`,
    );
  }
  if (to - from <= LONGEST_MS) return { from, to };
  throw new ConfigError(
    `--from: found ${formatDuration(to - from)} before --to, allowed are 31 days at the most`,
  );
}

const LONGEST_MS = 31 * 86_400_000;

/** Two at a time: Prometheus has others to serve. In the order of the files. */
async function readAll(
  past: Past,
  tried: readonly Tried[],
  span: TimeSpan,
  onRead: (key: string) => void,
): Promise<Subject[]> {
  const short = await shortOf(past, span);
  const subjects: Subject[] = [];
  const waiting = [...tried.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, one] = next;
      subjects[index] = await readSubject(past, one, span, short);
      onRead(`${one.workload.namespace}/${one.workload.name}`);
    }
  };
  await Promise.all([work(), work()]);
  return subjects;
}

/** Where the store has forgotten, or had not begun. */
async function shortOf(past: Past, { from, to }: TimeSpan): Promise<string[]> {
  const keptFrom = await past.keptFrom(from, to);
  // The store is asked in steps that may be as long.
  const isShort = keptFrom !== undefined && keptFrom > from + Math.max(120_000, (to - from) / 100);
  return isShort ? [`The store has samples from ${timeText(keptFrom)} on only.`] : [];
}

/** On stderr, so that the result can be piped; one line that changes where somebody watches. */
function progressOf(all: number) {
  const { stderr } = process;
  let read = 0;
  const show = (text: string) => {
    if (stderr.isTTY) stderr.write(`\r\u001B[2K${text}`);
  };
  show(`Reading the history of ${all} workload${all === 1 ? '' : 's'} …`);
  return {
    say: (key: string) => {
      read += 1;
      const text = `${read} of ${all} read: ${key}`;
      if (stderr.isTTY) show(text);
      else stderr.write(`${text}\n`);
    },
    done: () => show(''),
  };
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
