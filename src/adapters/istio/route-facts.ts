import { SERVICE } from '../../ports/kinds.ts';
import type { GatewayFacts, RivalFacts, RouteFacts } from '../../ports/preflight.ts';
import { virtualServiceOf } from './found.ts';
import { serviceAt, serviceNames, type ServiceRef } from './hosts.ts';
import { listOf, objectOf, textOf, textsOf, type Json } from './json.ts';
import type { IstioKinds } from './kinds.ts';
import { ifAllowed, isInSight, type Look } from './look.ts';
import { ROUTE_NAMES } from './special-routes.ts';
import { virtualService } from './virtual-service.ts';

/** The VirtualService of a canary, as it is or as it will be made, and what stands around it. */
export async function routeFacts(look: Look, kinds: IstioKinds): Promise<RouteFacts> {
  const { canary, reader } = look;
  const at = virtualServiceOf(canary);
  const live = await reader.get(kinds.virtualServices, at.namespace, at.name);
  const spec = { ...objectOf(live?.['spec']), ...madeSpec(look, kinds) };
  const gateways = textsOf(spec['gateways']);
  const forMesh = isForMesh(gateways);
  const routes = listOf(spec['http']);
  return {
    name: `VirtualService ${at.namespace}/${at.name}`,
    hosts: textsOf(spec['hosts']),
    forMesh,
    gateways: await Promise.all(
      gateways
        .filter((name) => name !== 'mesh')
        .map((name) => gatewayFacts(name, at.namespace, look, kinds)),
    ),
    exportTo: Array.isArray(spec['exportTo']) ? textsOf(spec['exportTo']) : undefined,
    faults: faultsOn(look, routes),
    missingHosts: at.owner === 'user' ? await missingHosts(look, routes, at.namespace) : [],
    rivals: forMesh ? await rivals(look, kinds, at, textsOf(spec['hosts'])) : [],
  };
}

/** Only on routes whose weights are shifted; by their name, or by their place without one. */
function faultsOn({ canary }: Look, routes: readonly Json[]): string[] {
  const isUsers = virtualServiceOf(canary).owner === 'user';
  const managed = isUsers ? canary.spec.routing?.routes : Object.values<string>(ROUTE_NAMES);
  return routes.flatMap((route, i) => {
    const name = textOf(route['name']);
    const isManaged = managed === undefined || (name !== undefined && managed.includes(name));
    return 'fault' in route && isManaged ? [name ?? `http[${i}]`] : [];
  });
}

/** Hosts and gateways that Linnet writes itself. */
function madeSpec({ canary }: Look, { virtualServices }: IstioKinds): Json {
  const { service } = canary.spec;
  if (virtualServiceOf(canary).owner === 'user' || service === undefined) return {};
  const idle = { canaryWeight: 0, matched: false, mirrorWeight: 0, affinity: undefined };
  const { hosts, gateways } = virtualService(virtualServices, canary, service, idle).spec({});
  return { hosts, gateways };
}

/** Of one out of sight it is taken that it exists; which hosts it serves nobody knows. */
async function gatewayFacts(
  ref: string,
  namespace: string,
  look: Look,
  { gateways }: IstioKinds,
): Promise<GatewayFacts> {
  const { reader, share } = look;
  const [first = '', second] = ref.split('/');
  const at = second === undefined ? { namespace, name: first } : { namespace: first, name: second };
  const name = `${at.namespace}/${at.name}`;
  if (!isInSight(look, at.namespace)) return { name, namespace: at.namespace, hosts: [] };
  const read = () => ifAllowed(reader.get(gateways, at.namespace, at.name));
  const gateway = await share(`gateway ${name}`, read);
  const servers = listOf(objectOf(gateway?.['spec'])['servers']);
  const hosts = servers.flatMap(({ hosts }) => textsOf(hosts));
  return {
    name,
    namespace: at.namespace,
    hosts: gateway && hosts.map((host) => host.slice(host.indexOf('/') + 1)),
  };
}

/** Linnet's own Services may be yet to come, and hosts outside the cluster cannot be looked up. */
async function missingHosts(
  look: Look,
  routes: readonly Json[],
  namespace: string,
): Promise<string[]> {
  const { canary, reader, settings } = look;
  const names = new Set<string>(Object.values(serviceNames(canary)));
  const hosts = new Set(
    routes.flatMap((route) =>
      listOf(route['route']).map((to) => textOf(objectOf(to['destination'])['host']) ?? ''),
    ),
  );
  const own = ({ name, namespace }: ServiceRef) =>
    namespace === canary.metadata.namespace && names.has(name);
  const looked = await Promise.all(
    [...hosts].map(async (host) => {
      const service = serviceAt(host, namespace, settings.mesh.clusterDomain);
      if (service === undefined || own(service)) return undefined;
      if (!isInSight(look, service.namespace)) return undefined;
      const found = await reader.get(SERVICE, service.namespace, service.name);
      return found === undefined ? host : undefined;
    }),
  );
  return looked.filter((host) => host !== undefined);
}

/** Other VirtualServices of the namespace that speak for one of its hosts in the mesh. */
async function rivals(
  { reader, settings, share }: Look,
  { virtualServices }: IstioKinds,
  at: { namespace: string; name: string },
  hosts: readonly string[],
): Promise<RivalFacts[]> {
  const full = (host: string) => {
    const service = serviceAt(host, at.namespace, settings.mesh.clusterDomain);
    return service === undefined ? host : `${service.name}.${service.namespace}`;
  };
  const own = new Set(hosts.map(full));
  const read = () => ifAllowed(reader.list(virtualServices, { namespace: at.namespace }));
  const all = (await share(`virtualservices ${at.namespace}`, read)) ?? [];
  return all
    .filter(({ metadata }) => metadata.name !== at.name)
    .filter((other) => isForMesh(textsOf(objectOf(other['spec'])['gateways'])))
    .flatMap((other) =>
      textsOf(objectOf(other['spec'])['hosts'])
        .filter((host) => own.has(full(host)))
        .map((host) => ({ name: `${at.namespace}/${other.metadata.name}`, host })),
    );
}

/** Without gateways a VirtualService is for the mesh. */
function isForMesh(gateways: readonly string[]): boolean {
  return gateways.length === 0 || gateways.includes('mesh');
}
