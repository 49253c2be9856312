import type { Canary } from '../../api/canary.ts';
import type { RoutesIntent } from '../../ports/intent.ts';
import type { Router, RoutesSeen } from '../../ports/router.ts';
import type { Problem } from '../../ports/workload.ts';

/** Whether a canary's traffic follows its Services alone; `fallback` is the controller's own provider. */
export function canRoute({ spec }: Canary, fallback = 'istio'): boolean {
  return (spec.provider ?? fallback) === 'kubernetes';
}

/**
 * Blue-green without a mesh: the apex Service selects the primary, and the canary is tested through
 * its own Service. There is nothing to write, and nothing that could split traffic.
 */
export function plainRouter(): Router {
  return {
    observe: (canary, { routes }) => Promise.resolve(seen(canary, routes)),
    applyDestinations: () => Promise.resolve(),
    applyRoutes: () => Promise.resolve(),
  };
}

function seen({ spec }: Canary, routes: RoutesIntent): RoutesSeen {
  const splits = typeof routes !== 'string' && routes.canaryWeight > 0;
  const plansWeights = spec.analysis.iterations === undefined && !spec.skipAnalysis;
  return {
    virtualService: { conformity: splits ? 'missing' : 'unneeded', stamp: 0 },
    destinationRules: { conformity: 'unneeded', stamp: 0 },
    liveCanaryWeight: undefined,
    problems: splits || plansWeights ? [NOTHING_SPLITS] : [],
  };
}

const NOTHING_SPLITS: Problem = {
  reason: 'WeightsWithoutMesh',
  message:
    'the canary is to get a share of the traffic, which the provider kubernetes cannot split; set iterations in spec.analysis, or provider istio',
};
