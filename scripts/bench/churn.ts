import { setTimeout as pass } from 'node:timers/promises';
import type { BenchFleet, Place } from './fleet.ts';

/**
 * Teams at work, until the signal aborts: every few seconds some delete their canaries, some bring
 * theirs back, and some release a new version.
 */
export async function churn(
  fleet: BenchFleet,
  interval: string,
  signal: AbortSignal,
): Promise<void> {
  const { places } = fleet;
  let gone: readonly Place[] = [];
  for (let round = 0; !signal.aborted; round += 1) {
    const going = turnOf(places, round, GOING);
    await fleet.deleteCanaries(going);
    await fleet.bringBack(gone, interval, signal);
    gone = going;
    await fleet.release(turnOf(places, round, RELEASED), `shop:${round + 2}`);
    await pass(ROUND_MS, undefined, { signal }).catch(() => undefined);
  }
}

const ROUND_MS = 5000;
/** Of all, in one round. */
const GOING = 0.02;
const RELEASED = 0.1;

/** A share of them, another one each round. */
function turnOf(places: readonly Place[], round: number, share: number): Place[] {
  const count = Math.ceil(places.length * share);
  return Array.from({ length: count }, (_, i) => places[(round * count + i) % places.length]!);
}
