import { durationTraffic, type Slowness } from './durations.ts';
import { LINNET_NARROW, type Method, ON_DURATIONS, ON_ERRORS } from './methods.ts';
import type { Random } from './random.ts';
import { shiftTraffic } from './shifts.ts';
import { errorTraffic, type Fault, ROLLOUT_BLOCKS, type Traffic, type Weather } from './traffic.ts';

/** Many rollouts in one situation, judged in one way. */
export interface Cell {
  readonly table: 'healthy' | 'faults' | 'durations';
  /** What happens, and in what traffic. */
  readonly row: string;
  readonly situation: string;
  readonly method: Method;
  /** Whether the canary is as good as the primary. */
  readonly isHealthy: boolean;
  /** The block in which the fault begins. */
  readonly from: number;
  readonly traffic: (random: Random) => Traffic;
}

/** In the same order everywhere: workers are told a place in this list. */
export function cells(): Cell[] {
  return [...healthyCells(), ...faultCells(), ...durationCells(), ...outageCells()];
}

const CALM: Weather = { name: 'independent errors' };
/** Rows of their own: what few requests or many errors do is not to hide what else there is. */
const QUIET = '0.5 requests/s';
const BAD_BASE = 'base errors of 2 %';
const AS_FAST = 'as fast as the primary';
/** Rows of healthy versions that nothing strikes. */
export const GOOD_WEATHER = [CALM.name, QUIET, BAD_BASE, AS_FAST];

const WEATHERS: readonly Weather[] = [
  CALM,
  { name: 'correlated errors (icc 0.02)', icc: 0.02 },
  { name: 'one version at 20 % in 1 % of blocks', blips: 0.01 },
  { name: 'errors in groups of four', cluster: 4 },
  { name: 'both at 50 % for 60 s', outage: 0.5 },
  { name: 'the same, primary counted a block late', outage: 0.5, isSkewed: true },
];

function healthyCells(): Cell[] {
  const usual = WEATHERS.flatMap((weather) =>
    [0.001, 0.005].flatMap((base) =>
      [5, 50, 500].flatMap((rate) => healthy(weather.name, rate, base, weather)),
    ),
  );
  const bad = [5, 50, 500].flatMap((rate) => healthy(BAD_BASE, rate, 0.02, CALM));
  const quiet = [0.001, 0.005].flatMap((base) => healthy(QUIET, 0.5, base, CALM));
  return [...usual, ...bad, ...quiet, ...shiftCells()];
}

function healthy(row: string, rate: number, base: number, weather: Weather): Cell[] {
  return [...ON_ERRORS, LINNET_NARROW].map((method) => ({
    table: 'healthy',
    row,
    situation: situationOf(rate, base),
    method,
    isHealthy: true,
    from: 0,
    traffic: (random) => errorTraffic({ requestsPerSecond: rate, base, weather }, random),
  }));
}

function shiftCells(): Cell[] {
  return [0.5, 1].flatMap((outage) =>
    ON_ERRORS.map((method) => ({
      table: 'healthy' as const,
      row: `both at ${100 * outage} % as a weight changes`,
      situation: situationOf(500, 0.001),
      method,
      isHealthy: true,
      from: 0,
      traffic: (random) => shiftTraffic({ requestsPerSecond: 500, base: 0.001, outage }, random),
    })),
  );
}

/** Smaller and larger than those above. */
function outageCells(): Cell[] {
  return [0.02, 0.05, 0.1, 0.2, 1].flatMap((outage) =>
    [
      { name: 'both at 2, 5, 10, 20 or 100 % for 60 s', outage },
      { name: 'the same, with primary counts a block late', outage, isSkewed: true },
    ].flatMap((weather) =>
      [5, 50, 500].flatMap((rate) => healthy(weather.name, rate, 0.001, weather)),
    ),
  );
}

const HALF = ROLLOUT_BLOCKS / 2;

const FAULTS: readonly Fault[] = [
  { name: '+1 pp', errors: 0.01, from: 0 },
  { name: '+2 pp', errors: 0.02, from: 0 },
  { name: '+5 pp', errors: 0.05, from: 0 },
  { name: '+20 pp', errors: 0.2, from: 0 },
  { name: '+100 pp', errors: 1, from: 0 },
  { name: 'later +5 pp', errors: 0.05, from: HALF },
  { name: 'later +20 pp', errors: 0.2, from: HALF },
  { name: 'later +100 pp', errors: 1, from: HALF },
  { name: '+20 pp for 30 s', errors: 0.2, from: HALF, until: HALF + 6 },
  { name: '+100 pp for 30 s', errors: 1, from: HALF, until: HALF + 6 },
];

const TRAFFICS: readonly [requestsPerSecond: number, base: number][] = [
  [0.5, 0.001],
  [5, 0.001],
  [50, 0.001],
  [500, 0.001],
  [50, 0.005],
  [500, 0.02],
];

function faultCells(): Cell[] {
  return TRAFFICS.flatMap(([rate, base]) =>
    FAULTS.flatMap((fault) =>
      [...ON_ERRORS, LINNET_NARROW].map((method): Cell => {
        const options = { requestsPerSecond: rate, base, weather: CALM, fault };
        return {
          table: 'faults',
          row: fault.name,
          situation: situationOf(rate, base),
          method,
          isHealthy: false,
          from: fault.from,
          traffic: (random) => errorTraffic(options, random),
        };
      }),
    ),
  );
}

const JITTER = 0.03;

const SLOWNESSES: readonly (Slowness & { readonly jitter?: number })[] = [
  { name: AS_FAST, factor: 1, slow: 0 },
  { name: 'the same, 10 % jitter', factor: 1, slow: 0, jitter: 0.1 },
  { name: 'x 1.1', factor: 1.1, slow: 0 },
  { name: 'x 1.25', factor: 1.25, slow: 0 },
  { name: 'x 1.5', factor: 1.5, slow: 0 },
  { name: 'x 2', factor: 2, slow: 0 },
  { name: 'x 4', factor: 4, slow: 0 },
  { name: '2 % slow', factor: 1, slow: 0.02 },
  { name: '10 % slow', factor: 1, slow: 0.1 },
];

function durationCells(): Cell[] {
  return [5, 50, 500].flatMap((rate) =>
    SLOWNESSES.flatMap((slowness) =>
      [...ON_DURATIONS, LINNET_NARROW].map((method): Cell => {
        const { jitter = JITTER } = slowness;
        const options = { requestsPerSecond: rate, jitter, slowness };
        return {
          table: 'durations',
          row: slowness.name,
          situation: `${rate} requests/s`,
          method,
          isHealthy: slowness.factor === 1 && slowness.slow === 0,
          from: 0,
          traffic: (random) => durationTraffic(options, random),
        };
      }),
    ),
  );
}

function situationOf(requestsPerSecond: number, base: number): string {
  return `${requestsPerSecond} requests/s, ${100 * base} % errors`;
}
