import type { CanaryAnalysis } from '../../api/analysis.ts';
import { durationMs } from '../../api/duration.ts';
import type { Guard } from '../../api/guard.ts';
import { acceptedRange } from '../../api/metrics.ts';
import type { Tolerance, Weighing } from './evidence.ts';

/** All that a guard's verdict depends on besides the counts. It is pinned with the rollout. */
export interface GuardParameters extends Weighing {
  /** Of the rules and formulas: evidence of one version is never continued by another. */
  readonly version: number;
  /** The share of innocent canaries that each signal may convict. */
  readonly alpha: number;
  /** From this score on nothing advances. */
  readonly suspicion: number;
  /** Least length of a block, in milliseconds. */
  readonly blockMs: number;
  /** Requests that the canary must have served in a step. */
  readonly minRequests: number;
  /** Undefined: failed requests are not compared. */
  readonly errors: ErrorParameters | undefined;
  /** Undefined: durations are not compared. */
  readonly latency: LatencyParameters | undefined;
}

export interface ErrorParameters extends Tolerance {
  /** The share of failed requests that the SLO allows, above 0 and below 1; undefined without one. */
  readonly budget: number | undefined;
}

export interface LatencyParameters extends Tolerance {
  readonly warmupMs: number;
}

export const GUARD_VERSION = 1;

/** The same for every Canary. */
export const WEIGHING = {
  ratios: [1.3, 2, 5, 20, 100],
  cap: 4,
  floor: 5,
  icc: 0.005,
  suspicion: 2,
};

const ALPHA: Readonly<Record<Guard['sensitivity'], number>> = {
  low: 0.001,
  normal: 0.01,
  high: 0.05,
};

/** Without an SLO: a fifth of the budget of 99 %. */
const TOLERANCE = 0.002;

/** What the analysis asks of the guard; undefined when it asks for none. */
export function guardParameters(analysis: CanaryAnalysis): GuardParameters | undefined {
  const { guard } = analysis;
  if (!guard.enabled || !(guard.errors.enabled || guard.latency.enabled)) return undefined;
  return {
    ...WEIGHING,
    version: GUARD_VERSION,
    alpha: ALPHA[guard.sensitivity],
    blockMs: durationMs(guard.block),
    minRequests: guard.minRequests,
    errors: guard.errors.enabled ? errorParameters(analysis) : undefined,
    latency: guard.latency.enabled ? latencyParameters(guard) : undefined,
  };
}

function errorParameters(analysis: CanaryAnalysis): ErrorParameters {
  const { ratio, tolerance } = analysis.guard.errors;
  const slo = sloOf(analysis);
  const budget = slo === undefined ? undefined : (100 - slo) / 100;
  const slack = budget === undefined ? TOLERANCE : budget / 5;
  return { ratio, difference: tolerance === undefined ? slack : tolerance / 100, budget };
}

/** In percent. Without one of its own, the guard takes what the success rate is held against. */
function sloOf({ guard, metrics }: CanaryAnalysis): number | undefined {
  if (guard.errors.slo !== undefined) return guard.errors.slo;
  const rate = metrics.find(({ name, query, templateRef, dryRun }) => {
    const isBuiltin = query === undefined && templateRef === undefined;
    return name === 'request-success-rate' && isBuiltin && !dryRun;
  });
  const least = rate === undefined ? undefined : acceptedRange(rate).min;
  // 100 % leaves no budget to measure against, 0 % asks for nothing.
  return least !== undefined && least > 0 && least < 100 ? least : undefined;
}

function latencyParameters({ latency }: Guard): LatencyParameters {
  const { ratio, tolerance, warmup } = latency;
  return { ratio, difference: tolerance / 100, warmupMs: durationMs(warmup) };
}
