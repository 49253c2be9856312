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
    observe: (_canary, { routes }) => Promise.resolve(seen(routes)),
    applyDestinations: () => Promise.resolve(),
    applyRoutes: () => Promise.resolve(),
  };
}

function seen(routes: RoutesIntent): RoutesSeen {
  const splits = typeof routes !== 'string' && routes.canaryWeight > 0;
  return {
    virtualService: { conformity: splits ? 'missing' : 'unneeded', stamp: 0 },
    destinationRules: { conformity: 'unneeded', stamp: 0 },
    liveCanaryWeight: undefined,
    problems: splits ? [NOTHING_SPLITS] : [],
  };
}

/** A rollout that began with a mesh goes on with one. */
const NOTHING_SPLITS: Problem = {
  reason: 'WeightsWithoutMesh',
  message:
    'spec.provider: found kubernetes in the middle of a rollout by weights, allowed is istio until the rollout is over; or abort it',
};
