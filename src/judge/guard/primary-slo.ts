import { type Block, usable } from './block.ts';
import type { Counts } from './evidence.ts';
import type { GuardParameters } from './parameters.ts';
import type { GuardState } from './state.ts';
import { newTrack } from './track.ts';

type Primary = Pick<GuardState, 'recent' | 'remembered' | 'outSince' | 'isExcused' | 'slo'>;

/**
 * Whether the primary is out of its SLO after one more block. While it is, the canary's own score
 * starts afresh: it would outlive the outage and convict the canary of what struck both. A primary
 * that was out of it for much of the last minutes excuses the canary as well, but holds up nothing.
 */
export function primaryAfter(
  state: GuardState,
  block: Block,
  parameters: GuardParameters,
): Primary {
  const budget = parameters.errors?.budget;
  const { recent, remembered, slo } = state;
  const unknown = { recent, remembered, outSince: undefined, isExcused: false, slo };
  if (budget === undefined) return unknown;
  const seen = { recent: recentWith(recent, block), remembered: rememberedWith(remembered, block) };
  const isOut = isOutNow(seen.recent, block.to, budget);
  const isExcused = isOut || isAbove(budget, seen.remembered, 2);
  return {
    ...seen,
    outSince: isOut ? (state.outSince ?? block.from) : undefined,
    isExcused,
    slo: isExcused ? newTrack(parameters, block.to) : slo,
  };
}

type Recent = GuardState['recent'];

function recentWith(recent: Recent, block: Block): Recent {
  const kept = recent.filter(([end]) => end > block.to - LONG_MS);
  const counts = usable(block.primary);
  return counts === undefined ? kept : [...kept, [block.to, counts.requests, counts.bad]];
}

function rememberedWith({ requests, bad }: Counts, block: Block): Counts {
  const kept = Math.exp((block.from - block.to) / MEMORY_MS);
  const counts = usable(block.primary);
  return {
    requests: requests * kept + (counts?.requests ?? 0),
    bad: bad * kept + (counts?.bad ?? 0),
  };
}

/** A minute says it surely; a quarter of one says it soon, if it was not just one request. */
function isOutNow(recent: Recent, now: number, budget: number): boolean {
  const short = recent.filter(([end]) => end > now - SHORT_MS);
  return isAbove(budget, sumOf(recent), 1) || isAbove(budget, sumOf(short), 2);
}

function isAbove(budget: number, { requests, bad }: Counts, least: number): boolean {
  return requests >= ENOUGH && bad >= least && bad > budget * requests;
}

const LONG_MS = 60_000;
const SHORT_MS = 15_000;
const MEMORY_MS = 600_000;
/** Requests of the primary below which a share says nothing. */
const ENOUGH = 20;

/** The primary's requests in the last minute, and how many of them failed. */
export function sumOf(recent: Recent): Counts {
  let [requests, bad] = [0, 0];
  for (const [, counted, failed] of recent) {
    requests += counted;
    bad += failed;
  }
  return { requests, bad };
}
