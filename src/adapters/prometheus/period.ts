import { formatDuration } from '../../api/duration.ts';
import { checkPeriod, ON_THEIR_WAY } from '../../ports/check-period.ts';
import type { Measurement } from '../../ports/telemetry.ts';
import type { WatchedBy } from './fleet.ts';
import type { Ledger, Period } from './ledger.ts';
import type { Sweeper } from './sweep.ts';
import type { Watched } from './watched.ts';

export interface Asked {
  /** How far back the metric looks. */
  readonly intervalMs: number;
  /** Samples count only when they were taken after this, our time. */
  readonly since: number;
  /**
   * What came before `since` was of another kind, and must not be taken for what came after: the first
   * sample of a block may be as old as a block, so that it begins one later.
   */
  readonly afresh?: boolean;
  readonly now: number;
}

/** The blocks that a metric is computed from, or why there are none to compute it from. */
export function stepPeriod({ sweeper, watched }: WatchedBy, asked: Asked): Period | Measurement {
  const { ledger, facts } = sweeper;
  const covered = ledger.coveredFrom(watched.key);
  const { newest, blockMs } = ledger;
  if (facts === undefined || newest === undefined || blockMs === undefined) {
    return outage(notSwept(sweeper));
  }
  const age = asked.now + facts.offsetMs - newest;
  if (age > STALE_MS) return outage(stale(sweeper, age));
  if (covered === undefined) {
    return { kind: 'no-data', why: `${watched.key} was not part of a sweep yet` };
  }
  const counted = asked.since + facts.offsetMs + (asked.afresh === true ? blockMs : 0);
  const since = Math.max(covered, counted);
  const { intervalMs } = asked;
  const period = checkPeriod({ intervalMs, until: newest, since, edgeMs: blockMs });
  if (period !== undefined) return period;
  // Whoever cannot be asked has not said that there is nothing.
  if (sweeper.error !== undefined) return outage(sweeper.error.message);
  // The sweep that reads the first block gets as long as the block for it.
  const known = Math.ceil(since / blockMs) * blockMs + 2 * blockMs + facts.lagMs;
  return asked.now + facts.offsetMs < known
    ? ON_THEIR_WAY
    : { kind: 'no-data', why: 'no samples were taken since the step began' };
}

/** A dozen blocks, for people who watch; undefined when there is nothing to show. */
export function recentPeriod(ledger: Ledger, watched: Watched): Period | undefined {
  const covered = ledger.coveredFrom(watched.key);
  const { newest, blockMs } = ledger;
  if (newest === undefined || blockMs === undefined || covered === undefined) return undefined;
  const after = Math.max(newest - SHOWN_BLOCKS * blockMs, covered);
  return after < newest ? { after, until: newest } : undefined;
}

const SHOWN_BLOCKS = 12;

/** What is older says nothing of the present any more. */
const STALE_MS = 30_000;

function notSwept({ error, client }: Sweeper): string {
  return error?.message ?? `${client.server} was not swept yet`;
}

function stale({ error, client }: Sweeper, age: number): string {
  const old = `the newest samples are ${formatDuration(Math.round(age / 1000) * 1000)} old`;
  return `${old}: ${error?.message ?? `${client.server} was not swept since`}`;
}

function outage(why: string): Measurement {
  return { kind: 'error', why, outage: true };
}
