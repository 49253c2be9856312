import type { Canary } from '../../api/canary.ts';
import type { HttpMatch } from '../../api/istio.ts';
import type { CanaryService } from '../../api/service.ts';
import { canaryCookie, expiredCookie, primaryCookie, type Cookie } from './cookies.ts';
import { serviceNames } from './hosts.ts';
import type { Json } from './json.ts';
import { destination, routePair, type PairCookies } from './route-pair.ts';
import type { Routing } from './routing.ts';

/** Names of the generated http routes, in the order in which the mesh tries them. */
export const ROUTE_NAMES = {
  /** Users who met the canary in this rollout; after it, users whose cookie is taken away. */
  sticky: 'sticky-canary',
  /** Users who met the primary in this step. */
  stickyPrimary: 'sticky-primary',
  /** Requests that `analysis.match` chooses. */
  matched: 'matched',
  /** Everybody else, and the only route most of the time. */
  weighted: 'weighted',
} as const;

/** All http routes at once: weights and special routes never disagree in the mesh. */
export function httpRoutes(canary: Canary, service: CanaryService, routing: Routing): Json[] {
  const base = baseRoute(service);
  const { sticky, cookies } = stickyRoutes(canary, service, routing);
  const splitting = { cookies, mirror: mirrorOf(canary, service, routing) };
  return [...sticky, ...mainRoutes(canary, service, routing, splitting)].map((route) => ({
    ...base,
    ...route,
  }));
}

/** What all routes have in common, from `spec.service`. */
function baseRoute(service: CanaryService): Json {
  const { match, rewrite, timeout, retries, headers, corsPolicy } = service;
  return {
    match: match?.length ? match : undefined,
    // `type` is the Gateway API's.
    rewrite: rewrite && { ...rewrite, type: undefined },
    timeout,
    retries,
    headers,
    corsPolicy,
  };
}

interface Splitting {
  readonly cookies: PairCookies;
  readonly mirror: Json;
}

/**
 * The route that splits, and before it the one for chosen requests. A/B testing sends all that
 * match to the canary; with weights, a match confines the split to what it chooses.
 */
function mainRoutes(
  canary: Canary,
  service: CanaryService,
  { canaryWeight, matched }: Routing,
  { cookies, mirror }: Splitting,
): Json[] {
  const { analysis } = canary.spec;
  const pair = (percent: number, cookies?: PairCookies) =>
    routePair(canary, service, percent, cookies);
  const everybody = { name: ROUTE_NAMES.weighted, route: pair(canaryWeight, cookies), ...mirror };
  if (!matched) return [everybody];
  const chosen = {
    name: ROUTE_NAMES.matched,
    match: mergedMatches(analysis.match ?? [], service.match ?? []),
  };
  if (analysis.iterations !== undefined) return [{ ...chosen, route: pair(100) }, everybody];
  return [
    { ...chosen, route: pair(canaryWeight, cookies), ...mirror },
    { name: ROUTE_NAMES.weighted, route: pair(0) },
  ];
}

/**
 * Every condition of the analysis together with every one of the service. Where both speak of the
 * same field, such as headers or source labels, the analysis' replaces the service's.
 */
function mergedMatches(chosen: readonly HttpMatch[], common: readonly HttpMatch[]): HttpMatch[] {
  if (common.length === 0) return [...chosen];
  return chosen.flatMap((match) => common.map((condition) => ({ ...condition, ...match })));
}

function mirrorOf(canary: Canary, service: CanaryService, { mirrorWeight }: Routing): Json {
  if (mirrorWeight === 0) return {};
  return {
    mirror: destination(service, serviceNames(canary).canary),
    mirrorPercentage: { value: mirrorWeight },
  };
}

/**
 * While a rollout has traffic, its cookie leads to the canary. Afterwards whoever still carries one
 * goes where everybody goes, and loses it.
 */
function stickyRoutes(
  canary: Canary,
  service: CanaryService,
  { affinity: rollout, canaryWeight }: Routing,
): { sticky: Json[]; cookies: PairCookies } {
  const { sessionAffinity: affinity, interval } = canary.spec.analysis;
  if (affinity === undefined) return { sticky: [], cookies: {} };
  if (rollout === undefined) {
    const { pattern, setCookie } = expiredCookie(affinity);
    const route = routePair(canary, service, canaryWeight, {
      primary: setCookie,
      canary: setCookie,
    });
    const match = carrying(service, pattern);
    return { sticky: [{ name: ROUTE_NAMES.sticky, match, route }], cookies: {} };
  }
  const own = `${canary.metadata.uid}/${rollout}`;
  const met = canaryCookie(affinity, own);
  const stayed = primaryCookie(affinity, own, canaryWeight, interval);
  const route = (name: string, { pattern }: Cookie, percent: number) => ({
    name,
    match: carrying(service, pattern),
    route: routePair(canary, service, percent),
  });
  return {
    sticky: [
      route(ROUTE_NAMES.sticky, met, 100),
      ...(stayed === undefined ? [] : [route(ROUTE_NAMES.stickyPrimary, stayed, 0)]),
    ],
    cookies: { canary: met.setCookie, primary: stayed?.setCookie },
  };
}

/** The service's own conditions, and the cookie besides. */
function carrying({ match }: CanaryService, pattern: string): HttpMatch[] {
  const common: readonly HttpMatch[] = match?.length ? match : [{}];
  return common.map((condition) => ({
    ...condition,
    headers: { ...condition.headers, cookie: { regex: pattern } },
  }));
}
