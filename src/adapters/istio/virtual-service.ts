import type { Canary } from '../../api/canary.ts';
import type { CanaryService } from '../../api/service.ts';
import type { ResourceKind } from '../../ports/cluster.ts';
import { serviceNames } from './hosts.ts';
import { listOf, withFields, type Json } from './json.ts';
import type { ManagedObject } from './managed-object.ts';
import { isTcp, routePair } from './route-pair.ts';
import type { Routing } from './routing.ts';
import { httpRoutes } from './special-routes.ts';

/** The VirtualService of the apex Service, made by Linnet or taken over from a user. */
export function virtualService(
  kind: ResourceKind,
  canary: Canary,
  service: CanaryService,
  intent: Routing | 'restored',
): ManagedObject {
  return {
    kind,
    name: serviceNames(canary).apex,
    owned: ['hosts', 'gateways', 'http', 'tcp'],
    spec: (live) => (intent === 'restored' ? {} : generatedSpec(canary, service, intent, live)),
    labels: service.apex?.labels,
    annotations: { ...service.apex?.annotations, ...NOT_FOR_FLUX },
  };
}

/** So that Flux does not set back what Linnet manages. */
const NOT_FOR_FLUX = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' };

/** Of the live routes it keeps what Linnet does not set, such as a fault that somebody injects. */
function generatedSpec(canary: Canary, service: CanaryService, routing: Routing, live: Json): Json {
  const reach = reachOf(canary, service);
  if (isTcp(service)) return { ...reach, tcp: [tcpRoute(canary, service, routing, live)] };
  const routes = httpRoutes(canary, service, routing);
  return { ...reach, http: routes.map((route) => overLive(route, namedIn(live, route))) };
}

/** Hosts and gateways; a delegate has neither. */
function reachOf(canary: Canary, { hosts = [], gateways = [], delegation }: CanaryService): Json {
  if (delegation) return { hosts: undefined, gateways: undefined };
  const { apex } = serviceNames(canary);
  const named = hosts.includes(apex) || hosts.includes('*');
  return {
    hosts: named ? hosts : [...hosts, apex],
    gateways: gateways.length > 0 ? gateways : ['mesh'],
  };
}

function tcpRoute(canary: Canary, service: CanaryService, routing: Routing, live: Json): Json {
  const ports = (service.match ?? []).flatMap(({ port }) => (port === undefined ? [] : [{ port }]));
  const route = routePair(canary, service, routing.canaryWeight);
  const wanted = { match: ports.length > 0 ? ports : undefined, route };
  return withFields(listOf(live['tcp'])[0] ?? {}, wanted);
}

function namedIn(live: Json, { name }: Json): Json {
  return listOf(live['http']).find((route) => route['name'] === name) ?? {};
}

function overLive(route: Json, live: Json): Json {
  return withFields(live, { ...UNSET, ...route });
}

/** The fields of a route that Linnet owns: each is absent unless the Canary asks for it. */
const UNSET: Json = Object.fromEntries(
  [
    'name',
    'match',
    'rewrite',
    'timeout',
    'retries',
    'headers',
    'corsPolicy',
    'mirror',
    'mirrorPercentage',
    'route',
  ].map((field) => [field, undefined]),
);
