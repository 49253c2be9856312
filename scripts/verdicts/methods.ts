import { parseCanary } from '../../src/api/parse.ts';
import { type GuardParameters, guardParameters } from '../../src/judge/guard/parameters.ts';
import { guardJudge, rankJudge, thresholdJudge } from './judges.ts';
import { errorShare, type Measure, quantile } from './measures.ts';
import type { Judge } from './rollout.ts';
import type { Counted } from './traffic.ts';

/** A way to judge, and how to begin it for one rollout. */
export interface Method {
  readonly name: string;
  readonly begin: () => Judge;
}

const DEFAULTS = parametersOf({});

/** The block in which a weight changes is void. */
export const LINNET: Method = { name: 'Linnet', begin: () => guardJudge(DEFAULTS, 1) };

/** What it would take to find smaller differences: a narrower tolerance, and a higher risk. */
const NARROW = parametersOf({
  sensitivity: 'high',
  errors: { tolerance: 0.05, ratio: 1.1 },
  latency: { tolerance: 0.2, ratio: 1.1 },
});
export const LINNET_NARROW: Method = {
  name: 'Linnet, narrow',
  begin: () => guardJudge(NARROW, 1),
};

/** A success rate of 99 %, as in Flagger's examples. */
export const ON_ERRORS: readonly Method[] = [
  LINNET,
  ...flagger((window) => isAtMost(errorShare(window, 'canary'), 0.01)),
  { name: 'rank test', begin: () => rankJudge(errorShare) },
];

const P99: Measure = quantile(0.99);
const P50: Measure = quantile(0.5);

/** A 99th percentile of at most 500 ms, as in Flagger's examples. */
export const ON_DURATIONS: readonly Method[] = [
  LINNET,
  ...flagger((window) => isAtMost(P99(window, 'canary'), 500)),
  { name: 'rank test of p99', begin: () => rankJudge(P99) },
  { name: 'rank test of p50', begin: () => rankJudge(P50) },
];

function flagger(isGood: (window: readonly Counted[]) => boolean): Method[] {
  return [12, 2].map((blocks) => ({
    name: `Flagger ${blocks * 5} s, 5`,
    begin: () => thresholdJudge(isGood, blocks, 5),
  }));
}

function isAtMost(value: number | undefined, most: number): boolean {
  return value !== undefined && value <= most;
}

/** Of a Canary whose success rate must be 99 %, with that guard, which asks for 20 requests a step. */
export function parametersOf(guard: object): GuardParameters {
  const read = parseCanary({
    apiVersion: 'linnet.dev/v1beta1',
    kind: 'Canary',
    metadata: { name: 'simulated', namespace: 'default', uid: 'u', resourceVersion: '1' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'simulated' },
      service: { port: 80 },
      analysis: {
        stepWeights: [1],
        metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99 } }],
        guard: { minRequests: 20, ...guard },
      },
    },
  });
  const parameters = read.ok ? guardParameters(read.canary.spec.analysis) : undefined;
  if (parameters === undefined) throw new Error('the simulated Canary has no guard');
  return parameters;
}
