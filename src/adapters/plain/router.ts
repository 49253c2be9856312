import type { Canary } from '../../api/canary.ts';
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
    observe: (canary) => Promise.resolve(seen(canary)),
    applyDestinations: () => Promise.resolve(),
    applyRoutes: () => Promise.resolve(),
  };
}

function seen({ spec: { analysis } }: Canary): RoutesSeen {
  return {
    virtualService: { conformity: 'unneeded', stamp: 0 },
    destinationRules: { conformity: 'unneeded', stamp: 0 },
    liveCanaryWeight: undefined,
    problems: analysis.iterations === undefined ? [NOTHING_SPLITS] : [],
  };
}

const NOTHING_SPLITS: Problem = {
  reason: 'WeightsWithoutMesh',
  message:
    'spec.analysis asks for weights, but the provider kubernetes cannot split traffic; set iterations instead, or provider istio',
};
