import type { Unit } from '../../api/counted-units.ts';
import { type Labels, numberOf, type RangeSeries } from './answer.ts';
import { Blocks } from './blocks.ts';
import type { Bucket } from './histogram.ts';
import {
  answerKeys,
  believed,
  keysOf,
  lossKey,
  lossKeys,
  type Reporter,
  REPORTERS,
  workloadKey,
  workloadKeys,
} from './sources.ts';
import {
  type Answers,
  endingOf,
  type Losses,
  lossOf,
  noAnswers,
  noLosses,
  type Tally,
  tallyOf,
} from './tally.ts';
import type { Version, Watched } from './watched.ts';

/** Answers to the queries of one sweep, all over the same blocks. */
export interface Counted {
  readonly requests: readonly RangeSeries[];
  readonly losses: readonly RangeSeries[];
  readonly durations: readonly RangeSeries[];
  /** A sample at the end of each block up to which a workload's own proxy has reported, lately. */
  readonly own: readonly RangeSeries[];
  /** One series, with a sample at the end of each block before which the store had nothing. */
  readonly gaps: readonly RangeSeries[];
}

export interface Span {
  /** Start of the first block and end of the last, in milliseconds of the server's clock. */
  readonly from: number;
  readonly to: number;
  readonly blockMs: number;
  /** What ended longer than this before `to` is dropped. */
  readonly keepMs: number;
}

/** The blocks that end after `after` and not after `until`. */
export interface Period {
  readonly after: number;
  readonly until: number;
}

/**
 * What the sweeps of one server have counted: growth of counters in blocks of one length, for each
 * workload and Service that is watched, as far back as anybody looks.
 */
export class Ledger {
  readonly #answered = new Blocks<Answers>();
  readonly #durations = new Blocks<(number | undefined)[]>();
  readonly #lost = new Blocks<Losses>();
  readonly #own = new Blocks<true>();
  /** Places in a list of counts, by the upper bound of the bucket. */
  readonly #bounds = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  readonly #coveredFrom = new Map<string, number>();
  #recordedFrom: ReadonlyMap<string, number> = new Map();
  #keptFrom = 0;
  #newest: number | undefined;
  #blockMs: number | undefined;

  /** Length of every block; undefined before the first. */
  get blockMs(): number | undefined {
    return this.#blockMs;
  }

  /** End of the newest block, in milliseconds of the server's clock. */
  get newest(): number | undefined {
    return this.#newest;
  }

  /** From when on everything is known of a canary; undefined before its first sweep. */
  coveredFrom(key: string): number | undefined {
    return this.#coveredFrom.get(key);
  }

  /**
   * From when on each block is recorded, those included before which the store had nothing; undefined
   * before the canary's first sweep.
   */
  recordedFrom(key: string): number | undefined {
    const from = this.#recordedFrom.get(key);
    return from === undefined ? undefined : Math.max(from, this.#keptFrom);
  }

  /** Whether one of the version's workloads reported any answers at all, lately. */
  isSeen(watched: Watched, version: Version): boolean {
    const keys = REPORTERS.flatMap((reporter) => answerKeys(reporter, watched, version));
    return keys.some((key) => this.#seen.has(key));
  }

  /** Takes in all blocks of a span. Where they do not join the last, everything starts afresh. */
  record(span: Span, watched: readonly Watched[], counted: Counted): void {
    if (span.from !== this.#newest || span.blockMs !== this.#blockMs) this.#clear();
    const gaps = new Set(counted.gaps.flatMap(({ values = [] }) => values.map(endOf)));
    const wanted = keysOf(watched);
    const each = (
      key: string,
      { values = [] }: RangeSeries,
      add: (end: number, n: number) => void,
    ) => {
      if (!wanted.has(key)) return;
      for (const sample of values) {
        if (!gaps.has(endOf(sample))) add(endOf(sample), numberOf(sample[1]));
      }
    };
    for (const series of counted.requests) {
      const key = workloadKey(series.metric);
      each(key, series, this.#answers(key, series.metric));
    }
    for (const series of counted.durations) {
      const key = workloadKey(series.metric);
      if (!wanted.has(key)) continue;
      each(key, series, this.#bucket(key, series.metric['le'] ?? ''));
    }
    for (const series of counted.own) {
      const key = workloadKey(series.metric);
      each(key, series, (end) => this.#own.at(key, end, () => true));
    }
    for (const series of counted.losses) {
      const key = lossKey(series.metric);
      each(key, series, this.#losses(key, series.metric));
    }
    this.#cover(Math.max(span.from, ...gaps), watched, gaps.size > 0);
    const before = this.#recordedFrom;
    this.#recordedFrom = new Map(
      watched.map(({ key }) => [key, before.get(key) ?? span.from] as const),
    );
    this.#newest = span.to;
    this.#blockMs = span.blockMs;
    this.#keptFrom = span.to - span.keepMs;
    this.#prune(this.#keptFrom, wanted);
  }

  /**
   * Who is to be believed in a block: the version's own proxy if it has reported lately. It follows
   * from what the store has, not from what this ledger has seen: a later reader must believe the same.
   */
  reporterOf(watched: Watched, version: Version, period: Period): Reporter {
    const isIn = (blocks: Blocks<unknown>) => (unit: Unit, reporter: Reporter) =>
      workloadKeys(unit, reporter, watched, version).some(
        (key) => this.#within(blocks, key, period).length > 0,
      );
    return believed(watched.units, isIn(this.#answered), isIn(this.#own));
  }

  /** Whether the store took any sample of the version, by that reporter, or saw callers fail. */
  isSampled(watched: Watched, version: Version, reporter: Reporter, period: Period): boolean {
    return (
      answerKeys(reporter, watched, version).some(
        (key) => this.#within(this.#answered, key, period).length > 0,
      ) || this.#lossesOf(watched.units, watched, version, period).length > 0
    );
  }

  /** How what a version counts ended, that included which never came to it. */
  tally(
    watched: Watched,
    version: Version,
    period: Period,
    told: { reporter?: Reporter; units?: readonly Unit[] } = {},
  ): Tally {
    const { reporter = this.#reporter(watched, version, period), units = watched.units } = told;
    const sum: Tally = { good: 0, bad: 0, refused: 0, cancelled: 0 };
    for (const unit of units) {
      const answers = this.#answersOf(unit, reporter, watched, version, period);
      const tally = tallyOf(answers, this.#lossesOf([unit], watched, version, period));
      for (const ending of ENDINGS) sum[ending] += tally[ending];
    }
    return sum;
  }

  /** Durations in milliseconds of a version's successful answers. */
  durations(
    watched: Watched,
    version: Version,
    period: Period,
    reporter = this.#reporter(watched, version, period),
  ): Bucket[] {
    const sums: (number | undefined)[] = [];
    for (const key of workloadKeys('requests', reporter, watched, version)) {
      for (const counts of this.#within(this.#durations, key, period)) {
        // Of bounds that a workload does not have there is nothing in the list.
        for (const [i, count] of counts.entries()) {
          if (count !== undefined) sums[i] = (sums[i] ?? 0) + count;
        }
      }
    }
    return [...this.#bounds].flatMap(([bound, i]): Bucket[] => {
      const count = sums[i];
      return count === undefined ? [] : [[numberOf(bound), count]];
    });
  }

  /** A workload's own proxy where it reports anything at all, else the waypoint; never both. */
  #reporter(watched: Watched, version: Version, period: Period): Reporter {
    const reports = (unit: Unit, reporter: Reporter) =>
      this.#answersOf(unit, reporter, watched, version, period).some((answers) =>
        ENDINGS.some((ending) => answers[ending] > 0),
      );
    return believed(watched.units, reports, reports);
  }

  #answersOf(
    unit: Unit,
    reporter: Reporter,
    watched: Watched,
    version: Version,
    period: Period,
  ): Answers[] {
    const keys = workloadKeys(unit, reporter, watched, version);
    return keys.flatMap((key) => this.#within(this.#answered, key, period));
  }

  #lossesOf(units: readonly Unit[], watched: Watched, version: Version, period: Period): Losses[] {
    const keys = units.flatMap((unit) => lossKeys(unit, watched, version));
    return keys.flatMap((key) => this.#within(this.#lost, key, period));
  }

  #within<T>(blocks: Blocks<T>, key: string, period: Period): T[] {
    return blocks.within(key, period, this.#blockMs ?? Infinity);
  }

  #answers(key: string, labels: Labels) {
    const ending = endingOf(labels);
    return (end: number, count: number) => {
      this.#seen.set(key, Math.max(end, this.#seen.get(key) ?? 0));
      // Nothing is counted too: a version that nobody called is not one that was not sampled.
      this.#answered.at(key, end, noAnswers)[ending] += count;
    };
  }

  #bucket(key: string, bound: string) {
    const place = this.#bounds.get(bound) ?? this.#bounds.size;
    this.#bounds.set(bound, place);
    return (end: number, count: number) => {
      const counts = this.#durations.at(key, end, () => []);
      counts[place] = (counts[place] ?? 0) + count;
    };
  }

  #losses(key: string, labels: Labels) {
    const loss = lossOf(labels);
    return (end: number, count: number) => {
      const losses = this.#lost.at(key, end, noLosses);
      if (loss !== undefined) losses[loss] += count;
    };
  }

  #clear(): void {
    for (const blocks of [this.#answered, this.#durations, this.#lost, this.#own]) blocks.clear();
    this.#coveredFrom.clear();
    this.#seen.clear();
    this.#recordedFrom = new Map();
  }

  #cover(from: number, watched: readonly Watched[], afresh: boolean): void {
    const before = afresh ? new Map<string, number>() : new Map(this.#coveredFrom);
    this.#coveredFrom.clear();
    for (const { key } of watched) this.#coveredFrom.set(key, before.get(key) ?? from);
  }

  #prune(before: number, wanted: ReadonlySet<string>): void {
    for (const blocks of [this.#answered, this.#durations, this.#lost, this.#own]) {
      blocks.prune(before, (key) => wanted.has(key));
    }
    for (const [key, end] of this.#seen) {
      if (end < before || !wanted.has(key)) this.#seen.delete(key);
    }
  }
}

const ENDINGS = ['good', 'bad', 'refused', 'cancelled'] as const;

/** Samples of a range lie at the ends of blocks, up to a rounding of the clock's text. */
function endOf([seconds]: readonly [number, string]): number {
  return Math.round(seconds * 1000);
}
