import { parseArgs } from 'node:util';
import { durationMs, parseDuration } from '../../src/api/duration.ts';
import { wholeNumber } from '../command-line.ts';

export interface BenchOptions {
  /** Canaries in all. */
  readonly canaries: number;
  readonly server: 'real' | 'sandbox' | undefined;
  /** Between two checks of a canary, as its analysis says it. */
  readonly interval: string;
  readonly intervalMs: number;
  /** A real one, or what answers its queries at once. */
  readonly prometheus: 'real' | 'stand-in';
  /** Between two scrapes by Prometheus. */
  readonly scrapeMs: number;
  /** How many intervals are measured, idle, progressing and holding each. */
  readonly intervals: number;
  /** Adopt only: measure nothing else. */
  readonly adoptOnly: boolean;
  /** For how long canaries come, go and roll out instead, for a look at memory; 0: not at all. */
  readonly churnMinutes: number;
  /** What its heap may grow to, in MiB, as the limit of a container would have it; undefined: all. */
  readonly heapMiB: number | undefined;
  /** Further flags of `linnet run`, such as `kube-api-qps=500`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Where the controller leaves a CPU profile; undefined: it makes none. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- [options]
  --canaries N           how many (default 50: about three minutes)
  --server real|sandbox  which API server (default: real where its programs are in the cache)
  --prometheus real|stand-in  which Prometheus (default: real; a stand-in costs next to nothing)
  --interval DURATION    of the canaries' analysis (default 10s)
  --scrape DURATION      of Prometheus (default 5s)
  --intervals N          how long each phase is measured (default 3)
  --adopt-only           create the canaries at once, see how long adoption takes, and end
  --churn MINUTES        after that, canaries come, go and roll out for so long, and nothing else
  --heap MIB             what the controller's heap may grow to (default: what Node takes)
  --flag NAME=VALUE      a flag of linnet run; may be repeated
  --profile FOLDER       leave a CPU profile of the controller there`;

/** @throws Error with a sentence for people, when something given is not allowed. */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      canaries: { type: 'string', default: '50' },
      server: { type: 'string' },
      prometheus: { type: 'string', default: 'real' },
      interval: { type: 'string', default: '10s' },
      scrape: { type: 'string', default: '5s' },
      intervals: { type: 'string', default: '3' },
      'adopt-only': { type: 'boolean', default: false },
      churn: { type: 'string' },
      heap: { type: 'string' },
      flag: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
    },
  });
  const { server, prometheus } = values;
  if (server !== undefined && server !== 'real' && server !== 'sandbox') {
    throw new Error(`--server: found '${server}', allowed is real or sandbox`);
  }
  if (prometheus !== 'real' && prometheus !== 'stand-in') {
    throw new Error(`--prometheus: found '${prometheus}', allowed is real or stand-in`);
  }
  return {
    canaries: wholeNumber('--canaries', values.canaries),
    server,
    prometheus,
    interval: values.interval,
    intervalMs: duration('--interval', values.interval),
    scrapeMs: duration('--scrape', values.scrape),
    intervals: wholeNumber('--intervals', values.intervals),
    adoptOnly: values['adopt-only'],
    churnMinutes: values.churn === undefined ? 0 : wholeNumber('--churn', values.churn),
    heapMiB: values.heap === undefined ? undefined : wholeNumber('--heap', values.heap),
    flags: Object.fromEntries(values.flag.map(flagOf)),
    profile: values.profile,
  };
}

function duration(name: string, text: string): number {
  if (parseDuration(text) !== undefined && durationMs(text) >= 1000) return durationMs(text);
  throw new Error(`${name}: found '${text}', allowed is a duration of at least 1s`);
}

function flagOf(text: string): [string, string] {
  const [name = '', ...value] = text.split('=');
  return [name, value.length === 0 ? 'true' : value.join('=')];
}
