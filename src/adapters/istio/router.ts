import type { Canary } from '../../api/canary.ts';
import { worstOf } from '../../api/fence.ts';
import type { ApiClient, ClusterReader } from '../../ports/cluster.ts';
import type { Intent } from '../../ports/intent.ts';
import type { Router, RoutesSeen } from '../../ports/router.ts';
import type { Problem } from '../../ports/workload.ts';
import { find, NOTHING_FOUND, routedService, type Found } from './found.ts';
import { liveCanaryWeight } from './live-weight.ts';
import { carryOut } from './plan.ts';
import { destinationPlans, routesPlan } from './plans.ts';
import { routingProblems } from './problems.ts';
import type { IstioSettings } from './settings.ts';

/** What was seen, with the raw objects by which a later write is fenced. */
export interface IstioSeen extends RoutesSeen {
  readonly found: Found;
}

/** Whether this router moves the traffic of a canary; `fallback` is the controller's own provider. */
export function canRoute({ spec }: Canary, fallback = 'istio'): boolean {
  return (spec.provider ?? fallback) === 'istio';
}

/**
 * Splits traffic by VirtualServices and DestinationRules, with the meaning that Flagger's Istio
 * provider gives to a Canary. What an object must be is a pure function of the Canary's spec, the
 * intent and, for the fields that are not Linnet's, the object itself.
 */
export function istioRouter(client: ApiClient, settings: IstioSettings): Router<IstioSeen> {
  return {
    observe: (canary, intent, reader) => observe(canary, intent, reader, settings),
    async applyDestinations(canary, status, { routes }, { found }) {
      for (const plan of destinationPlans(canary, status.fences, routes, found, settings)) {
        await carryOut(plan, client);
      }
    },
    async applyRoutes(canary, status, { routes }, { found }) {
      const plan = routesPlan(canary, status.fences, routes, found, settings);
      if (plan !== undefined) await carryOut(plan, client);
    },
  };
}

async function observe(
  canary: Canary,
  { routes }: Intent,
  reader: ClusterReader,
  settings: IstioSettings,
): Promise<IstioSeen> {
  const { kinds, clusterDomain } = settings;
  if (kinds === undefined || routedService(canary) === undefined) {
    return cannotRoute(routingProblems(canary, NOTHING_FOUND, settings, []), routes);
  }
  const found = await find(canary, kinds, reader);
  const fences = canary.status?.fences ?? {};
  const route = routesPlan(canary, fences, routes, found, settings);
  const rules = destinationPlans(canary, fences, routes, found, settings);
  return {
    virtualService: worstOf(route === undefined ? [] : [route.seen]),
    destinationRules: worstOf(rules.map(({ seen }) => seen)),
    liveCanaryWeight: liveCanaryWeight(canary, found, clusterDomain),
    problems: routingProblems(
      canary,
      found,
      settings,
      route === undefined ? rules : [route, ...rules],
    ),
    found,
  };
}

/** Nothing is there and nothing will be: no plan that needs a route counts as carried. */
function cannotRoute(problems: readonly Problem[], routes: Intent['routes']): IstioSeen {
  const detail = problems.map(({ message }) => message).join('; ');
  const isNeeded = typeof routes !== 'string';
  const object = isNeeded
    ? ({ conformity: 'missing', stamp: 0, detail } as const)
    : ({ conformity: 'unneeded', stamp: 0 } as const);
  return {
    virtualService: object,
    destinationRules: object,
    liveCanaryWeight: undefined,
    problems,
    found: NOTHING_FOUND,
  };
}
