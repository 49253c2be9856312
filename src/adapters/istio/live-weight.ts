import type { Canary } from '../../api/canary.ts';
import { routedService, virtualServiceOf, type Found } from './found.ts';
import { listOf, objectOf } from './json.ts';
import { isTcp, percentIn } from './route-pair.ts';
import { ROUTE_NAMES } from './special-routes.ts';
import { userCanaryWeight } from './user-virtual-service.ts';

/**
 * The canary's percent of what the live VirtualService splits: for people, and to order writes.
 * Undefined where it splits nothing yet. Requests that A/B testing or a cookie choose do not count.
 */
export function liveCanaryWeight(
  canary: Canary,
  { virtualService: live, living }: Found,
  clusterDomain: string,
): number | undefined {
  const service = routedService(canary);
  if (live === undefined || service === undefined) return undefined;
  if (virtualServiceOf(canary).owner === 'user') {
    return userCanaryWeight(live, { canary, clusterDomain, living });
  }
  const spec = objectOf(live['spec']);
  if (isTcp(service)) return percentIn(canary, listOf(spec['tcp'])[0] ?? {});
  const named = (name: string) => listOf(spec['http']).find((route) => route['name'] === name);
  const everybody = percentIn(canary, named(ROUTE_NAMES.weighted) ?? {});
  if (canary.spec.analysis.iterations !== undefined) return everybody;
  const chosen = percentIn(canary, named(ROUTE_NAMES.matched) ?? {});
  return everybody === undefined ? chosen : Math.max(everybody, chosen ?? 0);
}
