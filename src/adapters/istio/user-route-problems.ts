import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { Problem } from '../../ports/workload.ts';
import { serviceNames } from './hosts.ts';
import { numberOf, type Json } from './json.ts';

/** No route of the VirtualService leads to the target, and none is named. */
export function noRoute(live: KubeObject, canary: Canary): Problem {
  const { apex } = serviceNames(canary);
  const message = `VirtualService ${nameOf(live)} has no route to ${apex}; add a destination with host ${apex}, or name other routes in spec.routing.routes`;
  return { reason: 'RouteNotFound', message };
}

/** A name that is not the name of exactly one http route; `has`: the names there are. */
export function notOne(
  live: KubeObject,
  name: string,
  count: number,
  has: readonly string[],
): Problem {
  if (count > 1) {
    return {
      reason: 'DuplicateRouteName',
      message: `VirtualService ${nameOf(live)} has ${count} http routes named ${name}; give each route a name of its own`,
    };
  }
  const others =
    has.length > 0 ? `its http routes are ${has.join(', ')}` : 'none of its http routes has a name';
  return {
    reason: 'RouteNotFound',
    message: `VirtualService ${nameOf(live)} has no http route named ${name}, which spec.routing.routes asks for; ${others}`,
  };
}

/** How many destinations of a route are of each version: one primary, and at most one canary. */
export function shapeProblem(
  primaries: number,
  canaries: number,
  canary: Canary,
): Problem | undefined {
  const { apex, primary, canary: name } = serviceNames(canary);
  if (primaries === 0) {
    return {
      reason: 'RouteWithoutTarget',
      message: `has neither ${apex} nor ${primary} among its destinations; add one`,
    };
  }
  if (primaries > 1 || canaries > 1) {
    const which = primaries > 1 ? `${apex} or ${primary}` : name;
    return {
      reason: 'AmbiguousDestinations',
      message: `names ${which} in ${Math.max(primaries, canaries)} destinations; leave one`,
    };
  }
  return undefined;
}

/** Fewer than this cannot be split into percents. */
const COARSE = 20;

/** `total`: what the route's other destinations leave to the two versions. */
export function weightProblem(destinations: readonly Json[], total: number): Problem | undefined {
  const sum = destinations.reduce((sum, { weight }) => sum + numberOf(weight), 0);
  if (destinations.length > 1 && sum === 0) {
    return {
      reason: 'TotalWeightZero',
      message: `has ${destinations.length} destinations whose weights sum to 0; give them weights that sum to 100`,
    };
  }
  if (total === 0) {
    return {
      reason: 'NothingToSplit',
      message: 'gives all its weight to other destinations; give the target some',
    };
  }
  if (total < COARSE) {
    return {
      reason: 'WeightsTooCoarse',
      message: `leaves ${total} of ${sum} to the target, too little to split in steps of a percent; multiply all its weights by 10`,
    };
  }
  return undefined;
}

/** A problem with one route, as a sentence of its own. */
export function about(live: KubeObject, key: string, { reason, message }: Problem): Problem {
  return { reason, message: `route ${key} of VirtualService ${nameOf(live)} ${message}` };
}

function nameOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name}`;
}
