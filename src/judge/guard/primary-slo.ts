import { type Block, usable } from './block.ts';
import type { GuardParameters } from './parameters.ts';
import type { GuardState } from './state.ts';
import { newTrack } from './track.ts';

type Primary = Pick<GuardState, 'recent' | 'outSince' | 'slo'>;

/**
 * Whether the primary is out of its SLO after one more block. While it is, the canary's own score
 * starts afresh: it would outlive the outage and convict the canary of what struck both.
 */
export function primaryAfter(
  state: GuardState,
  block: Block,
  parameters: GuardParameters,
): Primary {
  const { slo } = state;
  const budget = parameters.errors?.budget;
  if (budget === undefined) return { recent: [], outSince: undefined, slo };
  const recent = recentWith(state.recent, block);
  if (!isOut(recent, block.to, budget)) return { recent, outSince: undefined, slo };
  const outSince = state.outSince ?? block.from;
  return { recent, outSince, slo: newTrack(parameters, block.to) };
}

type Recent = GuardState['recent'];

function recentWith(recent: Recent, block: Block): Recent {
  const kept = recent.filter(([end]) => end > block.to - LONG_MS);
  const counts = usable(block.primary);
  return counts === undefined ? kept : [...kept, [block.to, counts.requests, counts.bad]];
}

/** A minute says it surely; a quarter of one says it soon, if it was not just one request. */
function isOut(recent: Recent, now: number, budget: number): boolean {
  const long = shareOf(recent);
  const short = shareOf(recent.filter(([end]) => end > now - SHORT_MS));
  return (
    (long.requests >= ENOUGH && long.bad > budget * long.requests) ||
    (short.requests >= ENOUGH && short.bad >= 2 && short.bad > budget * short.requests)
  );
}

const LONG_MS = 60_000;
const SHORT_MS = 15_000;
/** Requests of the primary below which a share says nothing. */
const ENOUGH = 20;

/** The primary's requests in the last minute, and how many of them failed. */
export function shareOf(recent: Recent): { requests: number; bad: number } {
  let [requests, bad] = [0, 0];
  for (const [, counted, failed] of recent) {
    requests += counted;
    bad += failed;
  }
  return { requests, bad };
}
