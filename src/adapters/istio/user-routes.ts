import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { Problem } from '../../ports/workload.ts';
import { claimsOn, holderUid } from './claims.ts';
import { serviceAt, serviceNames, type ServiceRef } from './hosts.ts';
import { about, noRoute, notOne, shapeProblem, weightProblem } from './user-route-problems.ts';
import { listOf, numberOf, objectOf, textOf, type Json } from './json.ts';

/** A route of a user's VirtualService that a canary shifts. */
export interface UserRoute {
  /** The list of `spec` that holds it, and its place there. */
  readonly list: (typeof LISTS)[number];
  readonly index: number;
  /** What it is claimed by: its name, or `http[2]` without one. */
  readonly key: string;
  readonly primary: number;
  /** Undefined: the canary is not among its destinations yet. */
  readonly canary: number | undefined;
  /** What the route's other destinations leave to the two versions. */
  readonly total: number;
}

export const LISTS = ['http', 'tcp', 'tls'] as const;

export interface UserRoutes {
  readonly routes: readonly UserRoute[];
  readonly problems: readonly Problem[];
}

/** Whose object it is, where host names mean what they do there, and which claims count. */
export interface Reading {
  readonly canary: Canary;
  readonly clusterDomain: string;
  readonly living: ReadonlySet<string>;
}

/** The routes of `live` that this canary shifts, and a sentence for each that it cannot. */
export function userRoutes(live: KubeObject, reading: Reading): UserRoutes {
  const { candidates, problems } = chosen(live, reading);
  const read = candidates.map((candidate) => readRoute(live, candidate, reading));
  return {
    routes: read.flatMap(({ route }) => (route === undefined ? [] : [route])),
    problems: [
      ...problems,
      ...read.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
    ],
  };
}

interface Candidate {
  readonly list: (typeof LISTS)[number];
  readonly index: number;
  readonly key: string;
  readonly route: Json;
}

function chosen(
  live: KubeObject,
  reading: Reading,
): { candidates: Candidate[]; problems: Problem[] } {
  const names = reading.canary.spec.routing?.routes;
  const all = allRoutes(live);
  if (names === undefined) return leadingHere(live, all, reading);
  const found = [...new Set(names)].map((name) => ({
    name,
    routes: all.filter(({ list, route }) => list === 'http' && route['name'] === name),
  }));
  return {
    candidates: found.flatMap(({ routes }) => (routes.length === 1 ? routes : [])),
    problems: found.flatMap(({ name, routes }) =>
      routes.length === 1 ? [] : [notOne(live, name, routes.length, namesOf(all))],
    ),
  };
}

function namesOf(routes: readonly Candidate[]): string[] {
  return routes.flatMap(({ route }) => textOf(route['name']) ?? []);
}

function allRoutes(live: KubeObject): Candidate[] {
  const spec = objectOf(live['spec']);
  return LISTS.flatMap((list) =>
    listOf(spec[list]).map((route, index) => ({
      list,
      index,
      key: textOf(route['name']) || `${list}[${index}]`,
      route,
    })),
  );
}

function leadingHere(
  live: KubeObject,
  all: readonly Candidate[],
  reading: Reading,
): { candidates: Candidate[]; problems: Problem[] } {
  const candidates = all.filter(({ route }) =>
    listOf(route['route']).some((to) => versionAt(live, to, reading) !== undefined),
  );
  if (candidates.length > 0) return { candidates, problems: [] };
  return { candidates, problems: [noRoute(live, reading.canary)] };
}

function readRoute(
  live: KubeObject,
  candidate: Candidate,
  reading: Reading,
): { route?: UserRoute; problem?: Problem } {
  const problem = claimedByOther(live, candidate, reading);
  if (problem !== undefined) return { problem };
  const { list, index, key, route } = candidate;
  const destinations = listOf(route['route']);
  const versions = destinations.map((to) => versionAt(live, to, reading));
  const at = (version: Version) => indexesOf(versions, version);
  const shape = shapeProblem(at('primary').length, at('canary').length, reading.canary);
  if (shape !== undefined) return { problem: about(live, key, shape) };
  const [primary = 0] = at('primary');
  const [canary] = at('canary');
  const total = shareOf(destinations, primary, canary);
  const weights = weightProblem(destinations, total);
  if (weights !== undefined) return { problem: about(live, key, weights) };
  return { route: { list, index, key, primary, canary, total } };
}

/** A lone destination gets everything, whatever its weight says. */
function shareOf(
  destinations: readonly Json[],
  primary: number,
  canary: number | undefined,
): number {
  if (destinations.length === 1) return 100;
  const weight = (index: number | undefined) =>
    index === undefined ? 0 : numberOf(destinations[index]?.['weight']);
  return weight(primary) + weight(canary);
}

function claimedByOther(
  live: KubeObject,
  { key }: Candidate,
  { canary, living }: Reading,
): Problem | undefined {
  const claim = claimsOn(live)[key];
  if (claim === undefined || holderUid(claim) === canary.metadata.uid) return undefined;
  if (!living.has(holderUid(claim))) return undefined;
  const other = claim.split('/').slice(0, 2).join('/');
  return about(live, key, {
    reason: 'RouteClaimed',
    message: `is shifted by Canary ${other} already; a route can have one Canary`,
  });
}

type Version = 'primary' | 'canary';

/** Which version a destination leads to; the apex Service stands for the primary. */
function versionAt(
  live: KubeObject,
  to: Json,
  { canary, clusterDomain }: Reading,
): Version | undefined {
  const host = textOf(objectOf(to['destination'])['host']) ?? '';
  const service = serviceAt(host, live.metadata.namespace ?? '', clusterDomain);
  if (service?.namespace !== canary.metadata.namespace) return undefined;
  return versionOf(service, canary);
}

function versionOf({ name }: ServiceRef, canary: Canary): Version | undefined {
  const names = serviceNames(canary);
  if (name === names.apex || name === names.primary) return 'primary';
  return name === names.canary ? 'canary' : undefined;
}

function indexesOf(versions: readonly (Version | undefined)[], version: Version): number[] {
  return versions.flatMap((at, index) => (at === version ? [index] : []));
}
