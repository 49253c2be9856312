import {
  blocksFollowed,
  type Evidence,
  firstEvidence,
  type Followed,
} from '../judge/guard/follow.ts';
import type { Pinned } from '../judge/guard/pins.ts';
import { isUnread, type Known } from './known.ts';

/** The evidence of a rollout, computed again as the controller computed it. */
export interface Replay {
  /** Before the first block. */
  readonly first: Evidence;
  /** Up to the conviction, if there is one: what came after it nobody has asked. */
  readonly blocks: readonly Followed[];
  /** After the last block. */
  readonly last: Evidence;
}

/** Undefined where no weight was carried yet, or nothing could be read. */
export function replayOf(
  { canary, counted }: Pick<Known, 'canary' | 'counted'>,
  pinned: Pinned,
): Replay | undefined {
  const first = firstEvidence(pinned, canary.status?.revision ?? '');
  if (first === undefined || counted === undefined || isUnread(counted)) return undefined;
  const blocks: Followed[] = [];
  for (const followed of blocksFollowed(first, counted, pinned)) {
    blocks.push(followed);
    if (followed.after.state.conviction !== undefined) break;
  }
  return { first, blocks, last: blocks.at(-1)?.after ?? first };
}

/** What to ask the store for, by its own clock; undefined where nothing can have been counted. */
export interface ReplaySpan {
  readonly from: number;
  readonly to: number;
  readonly edgeMs: number;
}

/**
 * From the first weight to the end of the comparison, or else to the newest edge before which every
 * sample must have arrived.
 *
 * @param end of a rollout that is over but was stored by a Linnet that did not say when the
 *   comparison ended; the cluster's clock, in milliseconds.
 */
export function replaySpan(
  pinned: Pinned,
  now: number,
  end: number | undefined,
): ReplaySpan | undefined {
  const { edgeMs } = pinned.grid;
  const first = firstEvidence(pinned, '');
  if (first === undefined) return undefined;
  // Of a comparison that is over, the controller had the samples already.
  const over = pinned.endedAt ?? (end === undefined ? undefined : end + pinned.clockMs);
  const until = Math.min(
    over ?? Infinity,
    now + pinned.clockMs - (over === undefined ? MOST_LAG_MS : 0),
  );
  const to = Math.floor(until / edgeMs) * edgeMs;
  const from = Math.max(first.block, to - MOST_EDGES * edgeMs);
  return to > from ? { from, to, edgeMs } : undefined;
}

/** The longest that a sample ever takes to arrive, as far as Linnet counts on it. */
export const MOST_LAG_MS = 10_000;
/** Five days and more at 5 s: of a longer rollout, the end. */
const MOST_EDGES = 100_000;
