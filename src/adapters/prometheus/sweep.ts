import type { PrometheusClient, Window } from './client.ts';
import { PrometheusError } from './errors.ts';
import { type Facts, factsOf } from './facts.ts';
import { Ledger } from './ledger.ts';
import { sweepQueries } from './queries.ts';
import { asRecorded, recordedSweep } from './recorded.ts';
import { inFactsOf, inWordsOf } from './series-names.ts';
import { readCounters } from './read-counters.ts';
import type { Watched } from './watched.ts';

export interface SweepReport {
  readonly server: string;
  readonly durationMs: number;
  /** Series in the answers; 0 when it failed. */
  readonly series: number;
  readonly error: PrometheusError | undefined;
}

export interface SweeperOptions {
  readonly client: PrometheusClient;
  /** For all queries of a sweep together. Default 25 s. */
  readonly deadlineMs?: number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly onSweep: (report: SweepReport) => void;
}

/** Keeps one server's counters of everything that is watched, with the same few queries each time. */
export class Sweeper {
  readonly ledger = new Ledger();
  watched: readonly Watched[] = [];
  readonly #options: SweeperOptions;
  #running: Promise<void> | undefined;
  #facts: Facts | undefined;
  #failures = 0;
  #notBefore = 0;
  #succeededAt: number | undefined;
  #error: PrometheusError | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  get client(): PrometheusClient {
    return this.#options.client;
  }

  get facts(): Facts | undefined {
    return this.#facts && this.#asRead(this.#facts);
  }

  /** Why the last sweep failed; undefined when it did not. */
  get error(): PrometheusError | undefined {
    return this.#error;
  }

  /** Milliseconds since the newest sweep that succeeded; undefined without one. */
  ageMs(now: number): number | undefined {
    return this.#succeededAt === undefined ? undefined : Math.max(0, now - this.#succeededAt);
  }

  /** When a further block can be read, not before `after`; undefined before the first sweep. */
  nextBlockAt(after: number): number | undefined {
    const { facts } = this;
    if (facts === undefined) return undefined;
    const { blockMs, lagMs, offsetMs } = facts;
    const late = lagMs - offsetMs;
    return Math.ceil((after - late) / blockMs) * blockMs + late;
  }

  /**
   * Reads the blocks that have ended since the last sweep, if there are any. Never rejects, and
   * never runs twice at once: callers share a sweep under way. `now` is the moment of the call: by what
   * a caller remembered, the store's clock would seem to be ahead. After failures it waits longer and
   * longer, and it always rests twice as long as it works.
   */
  sweep(now: number): Promise<void> {
    if (this.#running !== undefined) return this.#running;
    if (this.watched.length === 0 || this.#rests(now)) return Promise.resolve();
    this.#running = this.#run(now).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** A rest that seems longer than any can be was set before the clock was put back. */
  #rests(now: number): boolean {
    const left = this.#notBefore - now;
    return left > 0 && left <= 2 * LONGEST_REST_MS;
  }

  async #run(now: number): Promise<void> {
    const { client, deadlineMs = 25_000, onSweep } = this.#options;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), deadlineMs);
    const began = performance.now();
    const elapsed = () => performance.now() - began;
    const clock = () => now + elapsed();
    try {
      this.#facts ??= await this.#readFacts(clock, stop.signal);
      const window = this.#plan(now, this.#asRead(this.#facts));
      if (window === undefined) return;
      const series = await this.#read(window, clock, stop.signal);
      this.#succeed(now, elapsed());
      onSweep({ server: client.server, durationMs: elapsed(), series, error: undefined });
    } catch (error) {
      const failure = stop.signal.aborted ? tooSlow(client, deadlineMs) : asFailure(error, client);
      stop.abort();
      this.#fail(now + elapsed(), failure);
      onSweep({ server: client.server, durationMs: elapsed(), series: 0, error: failure });
    } finally {
      clearTimeout(timer);
    }
  }

  #asRead(facts: Facts): Facts {
    return this.client.series.isRecorded ? asRecorded(facts) : facts;
  }

  async #readFacts(clock: () => number, signal: AbortSignal): Promise<Facts> {
    const { series } = this.client;
    const { facts } = (series.isRecorded ? recordedSweep : sweepQueries)(this.watched, 5000);
    const sentAt = clock();
    const answer = await this.client.query(inWordsOf(series, facts), { signal });
    return factsOf(inFactsOf(series, answer), { sentAt, readAt: clock() }, this.#facts);
  }

  /**
   * The blocks to read: since the newest where that is not long ago, else afresh from as far back
   * as is worth its price. Edges are fixed instants, whoever reads them and whenever. Undefined when
   * no new block has ended.
   */
  #plan(now: number, { blockMs, lagMs, offsetMs }: Facts): Window | undefined {
    const to = Math.floor((now + offsetMs - lagMs) / blockMs) * blockMs;
    const back = (ms: number) => to - Math.max(1, Math.ceil(ms / blockMs)) * blockMs;
    // A store that cannot answer for so long a time is asked for less.
    const reach = longestWindow(this.watched) / 2 ** this.#failures;
    const newest = this.ledger.blockMs === blockMs ? this.ledger.newest : undefined;
    // Blocks from the future were read before a clock was put right.
    const isAhead = newest !== undefined && newest > to + AHEAD_MS;
    if (newest === undefined || isAhead || newest < back(reach)) {
      const from = back(reach / Math.ceil(this.watched.length / MANY));
      return { from, to, step: blockMs };
    }
    return to > newest ? { from: newest, to, step: blockMs } : undefined;
  }

  /** How many series there were. */
  async #read(window: Window, clock: () => number, signal: AbortSignal): Promise<number> {
    const { watched } = this;
    const { from, to, step } = window;
    const [{ counted, series }, facts] = await Promise.all([
      readCounters(this.client, watched, window, signal),
      this.#readFacts(clock, signal),
    ]);
    const keepMs = Math.max(KEEP_MS, longestWindow(watched));
    this.ledger.record({ from, to, blockMs: step, keepMs }, watched, counted);
    this.#facts = facts;
    return series;
  }

  #succeed(now: number, durationMs: number): void {
    this.#failures = 0;
    this.#error = undefined;
    this.#succeededAt = now;
    this.#notBefore = now + 3 * durationMs;
  }

  #fail(now: number, error: PrometheusError): void {
    const pause = Math.min(LONGEST_REST_MS, 500 * 2 ** this.#failures);
    this.#notBefore = now + pause * (0.5 + this.#options.random());
    this.#failures = Math.min(16, this.#failures + 1);
    this.#error = error;
  }
}

const KEEP_MS = 300_000;

const AHEAD_MS = 30_000;

/** Of so many canaries a fresh start reads as far back as anybody looks; of more, less. */
const MANY = 100;

const LONGEST_REST_MS = 60_000;

/** In milliseconds. Further back than an hour nobody looks: no step should need as long. */
function longestWindow(watched: readonly Watched[]): number {
  const longest = watched.reduce((most, { windowMs }) => Math.max(most, windowMs), 0);
  return Math.min(3_600_000, longest);
}

function tooSlow({ server }: PrometheusClient, deadlineMs: number): PrometheusError {
  const sentence = `${server} did not answer the queries of a sweep within ${deadlineMs / 1000} s`;
  return new PrometheusError('timeout', sentence);
}

/** Whatever else goes wrong while reading is no evidence either. */
function asFailure(error: unknown, { server }: PrometheusClient): PrometheusError {
  if (error instanceof PrometheusError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new PrometheusError('foreign', `an answer of ${server} could not be read: ${why}`);
}
