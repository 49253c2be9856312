import { FENCE } from '../../api/annotations.ts';
import { stampOf } from '../../api/fence.ts';
import type { KubeObject, ResourceKind } from '../../ports/cluster.ts';
import { CLAIMS, claimsOn, claimsText, claimText, holderUid, type Claims } from './claims.ts';
import { renamed, serviceNames } from './hosts.ts';
import { listOf, numberOf, objectOf, textOf, withFields, type Json } from './json.ts';
import { done, hindered, toChange, type Plan } from './plan.ts';
import { LISTS, userRoutes, type Reading, type UserRoute } from './user-routes.ts';
import type { Routing } from './routing.ts';
import { percentOf, split } from './weights.ts';

/**
 * Several canaries may share a user's VirtualService, each with fences of its own: so each has an
 * annotation of its own for the stamp.
 */
export function stampKey(uid: string): string {
  return `${FENCE}-${uid}`;
}

/**
 * Shifts the weights of this canary's routes and claims them; nothing else changes. A route that
 * cannot be shifted keeps the canary from being adopted and its weight from counting as carried.
 * It never keeps the others from being written later, so that a rollback reaches all it can.
 */
export function planUserRoutes(
  kind: ResourceKind,
  live: KubeObject,
  reading: Reading,
  fence: number | undefined,
  { canaryWeight }: Routing,
): Plan {
  const { routes, problems } = userRoutes(live, reading);
  const key = stampKey(reading.canary.metadata.uid);
  const stamp = ownStamp(live, key);
  const content = withClaims(
    withRoutes(live, routes, (route, at) => shifted(route, at, reading, canaryWeight)),
    ownClaims(live, routes, reading),
  );
  const stamped = (content: KubeObject) => annotated(content, { [key]: String(fence ?? 0) });
  const plan = toChange(kind, live, content, { stamp, fence, stamped });
  const [problem] = problems;
  if (problem === undefined) return plan;
  if (isAdopting(reading)) return { ...hindered(plan, problem.message), write: undefined };
  return canaryWeight === 0 ? plan : hindered(plan, problem.message);
}

/** What does not fit is left alone altogether until its owner has made it fit. */
function isAdopting({ canary: { status } }: Reading): boolean {
  return status === undefined || status.phase === 'Initializing';
}

/**
 * Takes Linnet out again: no route names a version any more, all that both had goes to the apex
 * Service, whose pods remain.
 */
export function planUserRestored(
  kind: ResourceKind,
  live: KubeObject,
  reading: Reading,
  fence: number | undefined,
): Plan {
  const { canary } = reading;
  const key = stampKey(canary.metadata.uid);
  const claims = claimsOn(live);
  const held = Object.values(claims).some((claim) => holderUid(claim) === canary.metadata.uid);
  const stamp = ownStamp(live, key);
  if (!held && stamp === undefined) return done(kind);
  const { routes } = userRoutes(live, reading);
  const content = annotated(
    withClaims(
      withRoutes(live, routes, (route, at) => unsplit(route, at, reading)),
      othersClaims(claims, canary.metadata.uid),
    ),
    { [key]: undefined },
  );
  return toChange(kind, live, content, { stamp, fence, stamped: (as) => as });
}

/** The canary's percent on the route where it has most. */
export function userCanaryWeight(live: KubeObject, reading: Reading): number | undefined {
  const spec = objectOf(live['spec']);
  const percents = userRoutes(live, reading).routes.map(({ list, index, primary, canary }) => {
    const destinations = listOf(listOf(spec[list])[index]?.['route']);
    if (canary === undefined) return 0;
    const weight = (at: number) => numberOf(destinations[at]?.['weight']);
    return percentOf({ primary: weight(primary), canary: weight(canary) }) ?? 0;
  });
  return percents.length > 0 ? Math.max(...percents) : undefined;
}

function ownStamp(live: KubeObject, key: string): number | undefined {
  const text = live.metadata.annotations?.[key];
  return stampOf({ metadata: { annotations: text === undefined ? {} : { [FENCE]: text } } });
}

type Change = (route: Json, at: UserRoute) => Json;

function withRoutes(live: KubeObject, routes: readonly UserRoute[], change: Change): KubeObject {
  const spec = objectOf(live['spec']);
  const lists = LISTS.filter((list) => routes.some((route) => route.list === list));
  const changed = lists.map((list) => {
    const all = listOf(spec[list]).map((route, index) => {
      const at = routes.find((one) => one.list === list && one.index === index);
      return at === undefined ? route : change(route, at);
    });
    return [list, all] as const;
  });
  return { ...live, spec: { ...spec, ...Object.fromEntries(changed) } };
}

function shifted(route: Json, at: UserRoute, reading: Reading, canaryWeight: number): Json {
  const weights = split(at.total, canaryWeight);
  const destinations = listOf(route['route']).map((to, index) => {
    if (index === at.primary) return { ...to, weight: weights.primary };
    return index === at.canary ? { ...to, weight: weights.canary } : to;
  });
  if (at.canary !== undefined) return { ...route, route: destinations };
  const added = {
    destination: leadingTo(destinations[at.primary], serviceNames(reading.canary).canary),
    weight: weights.canary,
  };
  return { ...route, route: [...destinations, added] };
}

function unsplit(route: Json, at: UserRoute, reading: Reading): Json {
  const { apex } = serviceNames(reading.canary);
  const destinations = listOf(route['route']).flatMap((to, index) => {
    if (index === at.canary) return [];
    if (index !== at.primary) return [to];
    const host = textOf(objectOf(to['destination'])['host']) ?? '';
    const destination = { ...objectOf(to['destination']), host: renamed(host, apex) };
    return [{ ...to, destination, weight: at.total }];
  });
  const [lone, ...others] = destinations;
  const alone = lone !== undefined && others.length === 0;
  // It gets everything, so it needs no weight.
  return { ...route, route: alone ? [withFields(lone, { weight: undefined })] : destinations };
}

/** The same destination for another Service; a subset is defined for one host only. */
function leadingTo(to: Json | undefined, service: string): Json {
  const destination = objectOf(to?.['destination']);
  const host = renamed(textOf(destination['host']) ?? '', service);
  return withFields(destination, { host, subset: undefined });
}

function ownClaims(live: KubeObject, routes: readonly UserRoute[], { canary }: Reading): Claims {
  const own = routes.map(({ key }) => [key, claimText(canary)] as const);
  return { ...othersClaims(claimsOn(live), canary.metadata.uid), ...Object.fromEntries(own) };
}

function othersClaims(claims: Claims, uid: string): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, claim]) => holderUid(claim) !== uid));
}

function withClaims(object: KubeObject, claims: Claims): KubeObject {
  return annotated(object, { [CLAIMS]: claimsText(claims) });
}

/** Annotations set, or removed where undefined; a map that becomes empty goes. */
function annotated(object: KubeObject, changes: Record<string, string | undefined>): KubeObject {
  const annotations = withFields(object.metadata.annotations ?? {}, changes);
  const metadata = withFields(object.metadata, {
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
  });
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}
