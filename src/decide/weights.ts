import type { CanaryAnalysis } from '../api/analysis.ts';
import type { Canary } from '../api/canary.ts';
import type { Share } from '../ports/split.ts';

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

/**
 * Percent with which each request is drawn for the canary. Undefined where requests are chosen by
 * header or cookie, or copied, and where some callers take another way because somebody wants it so:
 * routes of a user's own, or none for callers within the mesh.
 */
export function drawnWeight(canary: Canary): number | undefined {
  const weight = canary.status?.step?.weight ?? 0;
  const isDrawn = canSplit(canary) && drawsEach(canary.spec.analysis) && routesAll(canary);
  return isDrawn && weight > 0 && weight < 100 ? weight : undefined;
}

function drawsEach(analysis: CanaryAnalysis): boolean {
  const isChosen = (analysis.match?.length ?? 0) > 0 || analysis.sessionAffinity !== undefined;
  return strategyOf(analysis) === 'weights' && !isChosen && !analysis.mirror;
}

function routesAll({ spec: { routing, service } }: Canary): boolean {
  if (routing?.virtualServiceRef !== undefined || service?.delegation === true) return false;
  return service?.gateways?.includes('mesh') ?? true;
}

/**
 * Whether a share lies outside its 99.9 % interval, and by enough to matter: scrapes of the two
 * versions are some seconds apart, which alone moves the share a little however many requests there
 * are.
 */
export function isOff(
  { canary, requests }: Share,
  weight: number,
  leastRequests = LEAST_REQUESTS,
): boolean {
  if (requests < leastRequests) return false;
  const expected = weight / 100;
  const { from, to } = shareInterval(canary, requests);
  const isOutside = expected < from || expected > to;
  return isOutside && Math.abs(canary / requests - expected) > LEAST_DIFFERENCE * expected;
}

/** Fewer hold up nobody. */
const LEAST_REQUESTS = 100;
/** Of the expected share. */
const LEAST_DIFFERENCE = 0.1;

/**
 * The shares from 0 to 1 that `found` of `requests` may come from: Wilson's score interval at 99.9 %
 * (E. B. Wilson, JASA 22, 1927), which keeps its word for small shares too, where the usual interval
 * does not (Brown, Cai, DasGupta, Statistical Science 16, 2001). `requests` is above 0.
 */
export function shareInterval(found: number, requests: number): { from: number; to: number } {
  const share = Math.min(1, Math.max(0, found / requests));
  const z2n = Z ** 2 / requests;
  const middle = share + z2n / 2;
  const half = Math.sqrt(z2n * (share * (1 - share) + z2n / 4));
  return { from: (middle - half) / (1 + z2n), to: (middle + half) / (1 + z2n) };
}

/** The normal distribution has 0.05 % above it. */
const Z = 3.290_526_731_491_9;
