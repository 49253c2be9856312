import type { VersionCounts } from '../../src/judge/guard/block.ts';
import type { Random } from './random.ts';
import { BLOCK_S, STEP_BLOCKS, type Traffic } from './traffic.ts';

export interface ShiftTraffic {
  readonly requestsPerSecond: number;
  readonly base: number;
  /** Share of requests that fail in both versions for a minute. */
  readonly outage: number;
}

/**
 * An outage of both versions that begins around a change of weight, half a second by half a second.
 * A weight that is changed at the edge of a block is obeyed some seconds into it, and either version
 * is scraped at a moment of its own: so a block holds what was answered from the scrape before.
 */
export function shiftTraffic(options: ShiftTraffic, random: Random): Traffic {
  const phases = [random.below(SLOTS), random.below(SLOTS)] as const;
  const shift = SLOTS * STEP_BLOCKS * (1 + random.below(5));
  const outageFrom = shift + random.below(AROUND) - AROUND / 2;
  const carried = [newCounter(phases[0]), newCounter(phases[1])] as const;
  let obeyed = 0;
  return (block, weight) => {
    const from = obeyed === 0 || obeyed === weight ? 0 : EARLIEST + random.below(SLOTS - EARLIEST);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (slot >= from) obeyed = weight;
      const at = block * SLOTS + slot;
      const isOut = at >= outageFrom && at < outageFrom + OUTAGE;
      const rate = isOut ? options.outage : options.base;
      const expected = (options.requestsPerSecond * BLOCK_S) / SLOTS;
      const shares = [obeyed / 100, 1 - obeyed / 100] as const;
      for (const [i, counter] of carried.entries()) {
        counter.add(slot, {
          requests: random.poisson(expected * (shares[i] ?? 0) * (1 - rate)),
          bad: random.poisson(expected * (shares[i] ?? 0) * rate),
        });
      }
    }
    return { canary: carried[0].read(), primary: carried[1].read() };
  };
}

/** Half seconds in a block. */
const SLOTS = 2 * BLOCK_S;
const OUTAGE = 120;
/** The outage begins up to fifteen seconds before the change or after it. */
const AROUND = 60;
/** A write and the mesh need at least so long. */
const EARLIEST = 4;

/** What one scrape a block sees. */
function newCounter(phase: number) {
  let [seen, waiting]: VersionCounts[] = [NONE, NONE];
  return {
    add(slot: number, { requests, bad }: VersionCounts) {
      const answered = { requests: requests + bad, bad };
      if (slot < phase) seen = plus(seen, answered);
      else waiting = plus(waiting, answered);
    },
    read(): VersionCounts {
      const counts = seen ?? NONE;
      [seen, waiting] = [waiting, NONE];
      return counts;
    },
  };
}

const NONE: VersionCounts = { requests: 0, bad: 0 };

function plus(a: VersionCounts | undefined, b: VersionCounts): VersionCounts {
  return { requests: (a?.requests ?? 0) + b.requests, bad: (a?.bad ?? 0) + b.bad };
}
