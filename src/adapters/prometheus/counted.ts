import {
  type CountedSpan,
  type CountedVersion,
  type CounterGrid,
  UNSEEN_SCRAPE_MS,
  type WantedSpan,
} from '../../ports/telemetry.ts';
import { scrapeMsOf } from './facts.ts';
import type { WatchedBy } from './fleet.ts';
import { Ledger, type Period } from './ledger.ts';
import { readCounters } from './read-counters.ts';
import type { Sweeper } from './sweep.ts';
import type { Version, Watched } from './watched.ts';

/** How the counters of a canary can be cut; undefined before the first sweep of its server. */
export function counterGrid({ sweeper, watched }: WatchedBy): CounterGrid | undefined {
  const { facts, ledger } = sweeper;
  if (facts === undefined || ledger.blockMs === undefined) return undefined;
  const samples = [...watched.canary.workloads, ...watched.primary.workloads].map(
    (name) => facts.scrapes.get(`${watched.namespace}/${name}`) ?? 0,
  );
  const most = Math.max(0, ...samples);
  return {
    edgeMs: ledger.blockMs,
    scrapeMs: most > 0 ? scrapeMsOf(most) : UNSEEN_SCRAPE_MS,
    clockMs: facts.offsetMs,
    lagMs: facts.lagMs,
  };
}

/** Counters of single canaries, edge by edge: from the sweeps, and from the store what was before. */
export class CountedEdges {
  /** Ranges that are read, or were and wait to be asked for again. */
  readonly #ranges = new Map<string, Range>();

  /** See `Telemetry.counted`. */
  async since(
    { sweeper, watched }: WatchedBy,
    { from, until, edgeMs }: WantedSpan,
    now: number,
  ): Promise<CountedSpan | undefined> {
    const newest = () => Math.floor((sweeper.ledger.newest ?? 0) / edgeMs) * edgeMs;
    if (newest() < until) await patiently(sweeper.sweep(now));
    const to = newest();
    if (to < until) return undefined;
    const { ledger } = sweeper;
    const recorded = ledger.recordedFrom(watched.key) ?? Infinity;
    // Several shorter blocks would count a reset in one of them that the whole does not show.
    if (recorded <= from && edgeMs === ledger.blockMs) {
      return spanOf(ledger, watched, { from, to, edgeMs });
    }
    return this.#fromStore(sweeper, watched, { from, to, edgeMs }, now);
  }

  /** What takes long is there when it is asked for the next time. */
  async #fromStore(
    sweeper: Sweeper,
    watched: Watched,
    asked: Asked,
    now: number,
  ): Promise<CountedSpan | undefined> {
    for (const [key, { at }] of this.#ranges) if (now - at > KEPT_MS) this.#ranges.delete(key);
    const name = `${watched.key} ${asked.from} ${asked.edgeMs}`;
    const known = this.#ranges.get(name);
    if (known === undefined && this.#isBusy(sweeper)) return undefined;
    const range = known ?? rangeOf(sweeper, watched, asked, now);
    this.#ranges.set(name, range);
    const span = await patiently(range.span);
    // What failed rests for a while; what is handed out is not asked for twice.
    if (span !== undefined) this.#ranges.delete(name);
    return span;
  }

  /** One range at a time for each server. */
  #isBusy(sweeper: Sweeper): boolean {
    return [...this.#ranges.values()].some((range) => range.sweeper === sweeper && range.isRead());
  }
}

interface Range {
  readonly sweeper: Sweeper;
  /** When it was begun. */
  readonly at: number;
  readonly isRead: () => boolean;
  /** Undefined when it could not be read. */
  readonly span: Promise<CountedSpan | undefined>;
}

/** How long a look waits for the store: its other business may be urgent. */
const PATIENCE_MS = 1000;
const KEPT_MS = 30_000;

function patiently<T>(promise: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS).unref();
  });
  return Promise.race([promise, late]);
}

function rangeOf(sweeper: Sweeper, watched: Watched, asked: Asked, at: number): Range {
  let isRead = true;
  const read = async () => {
    try {
      const from = Math.max(asked.from, asked.to - longest(asked));
      return spanOf(await readAll(sweeper, watched, { ...asked, from }), watched, {
        ...asked,
        from,
      });
    } catch {
      // The sweep meets the same trouble, and tells of it.
      return undefined;
    } finally {
      isRead = false;
    }
  };
  return { sweeper, at, isRead: () => isRead, span: read() };
}

export interface Asked {
  readonly from: number;
  readonly to: number;
  readonly edgeMs: number;
}

const DEADLINE_MS = 20_000;

/** What was six hours ago weighs nothing any more: good behaviour is forgotten. */
function longest({ edgeMs }: Asked): number {
  return Math.floor(21_600_000 / edgeMs) * edgeMs;
}

/** In parts: stores answer with 11,000 samples of a series at the most. */
export async function readAll(
  { client }: Pick<Sweeper, 'client'>,
  watched: Watched,
  { from, to, edgeMs }: Asked,
  signal = AbortSignal.timeout(DEADLINE_MS),
): Promise<Ledger> {
  const ledger = new Ledger();
  for (let begin = from; begin < to; begin += PART * edgeMs) {
    const window = { from: begin, to: Math.min(to, begin + PART * edgeMs), step: edgeMs };
    const { counted } = await readCounters(client, [watched], window, signal);
    const span = { from: begin, to: window.to, blockMs: edgeMs, keepMs: Infinity };
    ledger.record(span, [watched], counted);
  }
  return ledger;
}

const PART = 2000;

export function spanOf(ledger: Ledger, watched: Watched, { from, to, edgeMs }: Asked): CountedSpan {
  const ends = Array.from({ length: (to - from) / edgeMs }, (_, i) => from + (i + 1) * edgeMs);
  const { canary, primary } = watched;
  return {
    from,
    edges: ends.map((end) => {
      const period = { after: end - edgeMs, until: end };
      return {
        to: end,
        canary: countedOf(ledger, watched, canary, period),
        primary: countedOf(ledger, watched, primary, period),
      };
    }),
  };
}

function countedOf(
  ledger: Ledger,
  watched: Watched,
  version: Version,
  period: Period,
): CountedVersion | undefined {
  const reporter = ledger.reporterOf(watched, version, period);
  if (!ledger.isSampled(watched, version, reporter, period)) return undefined;
  const { good, bad, refused } = ledger.tally(watched, version, period, { reporter });
  const buckets = ledger.durations(watched, version, period, reporter);
  const all = buckets.find(([bound]) => bound === Infinity);
  const counts = { requests: good + bad + refused, bad };
  if (all === undefined) return counts;
  const within = buckets.filter(([bound]) => bound !== Infinity);
  return { ...counts, durations: { requests: all[1], within } };
}
