import type { CanaryAnalysis } from '../api/analysis.ts';
import type { Canary } from '../api/canary.ts';

/**
 * The first weight above the present one, or undefined when the last was reached. Going by weight
 * and not by index keeps a rollout on its way when `stepWeights` are edited in the middle of it.
 */
export function nextWeight(analysis: CanaryAnalysis, weight: number): number | undefined {
  if (analysis.iterations !== undefined) return undefined;
  const last = lastWeight(analysis);
  if (weight >= last) return undefined;
  if (analysis.stepWeights !== undefined) {
    return analysis.stepWeights.find((step) => step > weight);
  }
  return Math.min(weight + (analysis.stepWeight ?? last), last);
}

/** The weight whose step ends the analysis. Not above `maxWeight`, whatever the step. */
export function lastWeight(analysis: CanaryAnalysis): number {
  if (analysis.iterations !== undefined) return 0;
  if (analysis.stepWeights !== undefined) return analysis.stepWeights.at(-1) ?? 100;
  return analysis.maxWeight ?? 100;
}

/** The canary's weight after one step of the way back to the promoted primary. */
export function weightOnWayBack(analysis: CanaryAnalysis, weight: number): number {
  return Math.max(0, weight - (analysis.stepWeightPromotion ?? 100));
}

/** How traffic meets the canary during the analysis. */
export function strategyOf(analysis: CanaryAnalysis): 'weights' | 'blue-green' | 'ab-testing' {
  if (analysis.iterations === undefined) return 'weights';
  return (analysis.match?.length ?? 0) > 0 ? 'ab-testing' : 'blue-green';
}

/** Whether the canary can have a share of the traffic: Services alone send all to the primary. */
export function canSplit({ spec }: Canary): boolean {
  return spec.provider !== 'kubernetes';
}
