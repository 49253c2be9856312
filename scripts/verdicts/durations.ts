import type { Durations, VersionCounts } from '../../src/judge/guard/block.ts';
import type { Random } from './random.ts';
import { BLOCK_S, type Traffic } from './traffic.ts';

/** How much slower the canary is. */
export interface Slowness {
  readonly name: string;
  /** Every duration is so many times as long. */
  readonly factor: number;
  /** Share of requests that are slow beyond those that are slow anyway. */
  readonly slow: number;
}

export interface DurationTraffic {
  readonly requestsPerSecond: number;
  /** How much a version's durations vary by themselves from block to block, as a share. */
  readonly jitter: number;
  readonly slowness: Slowness;
}

/** The default bounds of Prometheus' clients, in milliseconds. */
export const BOUNDS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** Most requests take 40 ms, one in two hundred takes a second; nothing fails. */
export function durationTraffic(options: DurationTraffic, random: Random): Traffic {
  const { requestsPerSecond, jitter, slowness } = options;
  return (_block, weight) => {
    const shared = SHARED_JITTER * random.normal();
    const answers = (share: number, { factor, slow }: Slowness): VersionCounts => {
      const stretch = shared + jitter * random.normal() + Math.log(factor);
      const expected = (requestsPerSecond * BLOCK_S * share) / 100;
      const durations = drawn(expected, stretch, SLOW_SHARE + slow, random);
      return { requests: durations.requests, bad: 0, durations };
    };
    return { canary: answers(weight, slowness), primary: answers(100 - weight, NORMAL) };
  };
}

const NORMAL: Slowness = { name: 'as the primary', factor: 1, slow: 0 };
const SHARED_JITTER = 0.05;
const SLOW_SHARE = 0.005;
/** Of the usual and of the slow requests: logarithm of the median, and deviation around it. */
const USUAL = { median: Math.log(40), deviation: 0.7 };
const SLOW = { median: Math.log(1000), deviation: 0.5 };

function drawn(expected: number, stretch: number, slow: number, random: Random): Durations {
  let requests = 0;
  let below = 0;
  const within = BOUNDS.map((bound): [number, number] => {
    const at = Math.log(bound) - stretch;
    const share =
      (1 - slow) * normalShare((at - USUAL.median) / USUAL.deviation) +
      slow * normalShare((at - SLOW.median) / SLOW.deviation);
    requests += random.poisson(expected * Math.max(0, share - below));
    below = share;
    return [bound, requests];
  });
  return { requests: requests + random.poisson(expected * Math.max(0, 1 - below)), within };
}

/** Of a standard normal distribution below z, to seven digits: Abramowitz and Stegun, 26.2.17. */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series =
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = 0.3989422804014327 * Math.exp((-z * z) / 2) * series;
  return z > 0 ? 1 - tail : tail;
}
