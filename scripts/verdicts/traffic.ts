import type { VersionCounts } from '../../src/judge/guard/block.ts';
import type { Random } from './random.ts';

/** Seconds of a block. */
export const BLOCK_S = 5;
/** Blocks of a step. */
export const STEP_BLOCKS = 12;
/** Percent of traffic that the canary gets, step by step. */
export const WEIGHTS = [1, 5, 10, 20, 30, 40, 50];
/** Blocks of a rollout that nothing holds up. */
export const ROLLOUT_BLOCKS = STEP_BLOCKS * WEIGHTS.length;

export interface Counted {
  readonly canary: VersionCounts;
  readonly primary: VersionCounts;
}

/** What both versions answer in one block after the other, at the weights it is told. */
export type Traffic = (block: number, weight: number) => Counted;

/** How requests fail that neither version is to blame for. */
export interface Weather {
  readonly name: string;
  /** Correlation of the failures in one version and block. */
  readonly icc?: number;
  /** Share of blocks in which one version alone fails in a fifth of its requests. */
  readonly blips?: number;
  /** Failures come in groups of this size. */
  readonly cluster?: number;
  /** Share of requests that fail in both versions, once, for a minute. */
  readonly outage?: number;
  /** The primary's counters come one block late. */
  readonly isSkewed?: boolean;
}

/** What the canary does worse, from some block on. */
export interface Fault {
  readonly name: string;
  /** Share of requests that fail beyond those that fail anyway. */
  readonly errors: number;
  readonly from: number;
  readonly until?: number;
}

export interface ErrorTraffic {
  /** Of both versions together. */
  readonly requestsPerSecond: number;
  /** Share of requests that fail in either version. */
  readonly base: number;
  readonly weather: Weather;
  readonly fault?: Fault | undefined;
}

export function errorTraffic(options: ErrorTraffic, random: Random): Traffic {
  const { weather, fault, base } = options;
  const outageFrom = random.below(ROLLOUT_BLOCKS - OUTAGE_BLOCKS);
  let late: VersionCounts = { requests: 0, bad: 0 };
  return (block, weight) => {
    const isOut = block >= outageFrom && block < outageFrom + OUTAGE_BLOCKS;
    const shared = isOut && weather.outage !== undefined ? weather.outage : base;
    const extra = isFaulty(fault, block) ? (fault?.errors ?? 0) : 0;
    const expected = options.requestsPerSecond * BLOCK_S;
    const canary = answers((expected * weight) / 100, Math.min(1, shared + extra), weather, random);
    const primary = answers((expected * (100 - weight)) / 100, shared, weather, random);
    if (weather.isSkewed !== true) return { canary, primary };
    const before = late;
    late = primary;
    return { canary, primary: before };
  };
}

const OUTAGE_BLOCKS = 12;
const BLIP = 0.2;

export function isFaulty(fault: Fault | undefined, block: number): boolean {
  return fault !== undefined && block >= fault.from && block < (fault.until ?? Infinity);
}

/** Poisson arrivals, and of them, failures. */
function answers(
  expected: number,
  share: number,
  { icc, blips = 0, cluster = 1 }: Weather,
  random: Random,
): VersionCounts {
  const isBlip = blips > 0 && random.next() < blips;
  const mean = isBlip ? Math.max(share, BLIP) : share;
  const rate = icc === undefined || mean >= 1 ? mean : random.beta(mean, icc);
  const bad = cluster * random.poisson((expected * rate) / cluster);
  return { requests: bad + random.poisson(expected * (1 - rate)), bad };
}
