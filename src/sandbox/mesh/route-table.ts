import { bestHost, covers, fullHost, hostCandidates, splitAuthority } from './host-names.ts';
import type { Gateway, HttpMatch, HttpRoute, VirtualService } from './istio-resources.ts';
import type { Caller, MeshRequest } from './mesh-request.ts';
import { anyMatch, type RequestTest } from './request-match.ts';
import { checkVirtualService } from './route-rules.ts';
import { oldestFirst, type ServiceRegistry } from './service-registry.ts';

/** A route of a VirtualService that applies at one gateway, or inside the mesh. */
export interface Route {
  readonly test: RequestTest;
  readonly spec: HttpRoute;
  /** Matches of the route, to know which prefix a rewrite replaces. */
  readonly matches: readonly HttpMatch[];
  /** Of the VirtualService: what short host names are relative to. */
  readonly namespace: string;
}

export interface RouteTableInput {
  readonly virtualServices: readonly VirtualService[];
  readonly gateways: readonly Gateway[];
  readonly registry: ServiceRegistry;
  /** Told which VirtualService is not obeyed, and why. */
  readonly refuse: (virtualService: VirtualService, error: unknown) => void;
}

const MESH = 'mesh';

/** Which route a request takes, at the ingress gateway and inside the mesh. */
export class RouteTable {
  readonly #registry: ServiceRegistry;
  readonly #ingress = new Map<string, Route[]>();
  readonly #mesh = new Map<string, Route[]>();

  constructor(input: RouteTableInput) {
    this.#registry = input.registry;
    for (const virtualService of oldestFirst(input.virtualServices)) {
      try {
        checkVirtualService(virtualService);
        this.#add(virtualService, input);
      } catch (error) {
        input.refuse(virtualService, error);
      }
    }
  }

  /** Undefined: 404 NR. A Service that no VirtualService speaks of is reached directly. */
  find(request: MeshRequest, caller: Caller): Route | undefined {
    const { host } = splitAuthority(request.authority);
    const fits = (routes: readonly Route[] = []) =>
      routes.find((route) => route.test(request, caller));
    if (caller.proxy === 'gateway') {
      return fits(this.#ingress.get(bestHost(this.#ingress.keys(), host) ?? ''));
    }
    for (const name of hostCandidates(host, caller.namespace)) {
      const declared = bestHost(this.#mesh.keys(), name);
      if (declared !== undefined) return fits(this.#mesh.get(declared));
      if (this.#registry.has(name)) return directRoute(name);
    }
    return undefined;
  }

  #add(virtualService: VirtualService, input: RouteTableInput): void {
    const { hosts = [], gateways = [MESH] } = virtualService.spec;
    const { namespace = '' } = virtualService.metadata;
    const full = hosts.map((host) => fullHost(host, namespace));
    for (const name of gateways) {
      const routes = routesAt(virtualService, name, input.virtualServices);
      if (name === MESH) this.#addToMesh(full, routes);
      else this.#addToIngress(exposed(hosts.concat(full), name, namespace, input.gateways), routes);
    }
  }

  /** Inside the mesh the oldest VirtualService of a host wins. */
  #addToMesh(hosts: readonly string[], routes: readonly Route[]): void {
    for (const host of hosts) if (!this.#mesh.has(host)) this.#mesh.set(host, [...routes]);
  }

  /** At a gateway they are merged. */
  #addToIngress(hosts: readonly string[], routes: readonly Route[]): void {
    for (const host of hosts) {
      this.#ingress.set(host, [...(this.#ingress.get(host) ?? []), ...routes]);
    }
  }
}

function directRoute(host: string): Route {
  return {
    test: () => true,
    spec: { route: [{ destination: { host } }] },
    matches: [],
    namespace: '',
  };
}

/** Those of the hosts that a server of the gateway lets in. No such gateway: none. */
function exposed(
  hosts: readonly string[],
  gateway: string,
  namespace: string,
  gateways: readonly Gateway[],
): string[] {
  const wanted = qualified(gateway, namespace);
  const found = gateways.find(
    ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}` === wanted,
  );
  const servers = found?.spec.servers?.flatMap((server) => server.hosts ?? []) ?? [];
  const patterns = servers.map((host) => host.replace(/^[^/]*\//, ''));
  const admitted = hosts.flatMap((host) =>
    patterns.flatMap((pattern) => {
      if (covers(pattern, host)) return [host];
      return covers(host, pattern) ? [pattern] : [];
    }),
  );
  return [...new Set(admitted)];
}

function qualified(gateway: string, namespace: string): string {
  return gateway.includes('/') ? gateway : `${namespace}/${gateway}`;
}

/** The routes that apply at a gateway, delegates resolved, in order. */
function routesAt(
  virtualService: VirtualService,
  gateway: string,
  all: readonly VirtualService[],
): Route[] {
  const { namespace = '' } = virtualService.metadata;
  return (virtualService.spec.http ?? []).flatMap((spec) => {
    const matches = matchesAt(spec, gateway, namespace);
    if (matches === undefined) return [];
    if (spec.delegate === undefined) {
      return [{ test: anyMatch(matches), spec, matches, namespace }];
    }
    return delegated(spec, matches, gateway, namespace, all);
  });
}

/** Undefined when the route has matches, but none for this gateway. */
function matchesAt(spec: HttpRoute, gateway: string, namespace: string): HttpMatch[] | undefined {
  const matches = spec.match ?? [];
  const wanted = gateway === MESH ? MESH : qualified(gateway, namespace);
  const applying = matches.filter(({ gateways = [] }) => {
    const names = gateways.map((name) => (name === MESH ? MESH : qualified(name, namespace)));
    return names.length === 0 || names.includes(wanted);
  });
  return matches.length > 0 && applying.length === 0 ? undefined : applying;
}

/** A route of the delegate has to match both itself and the route that delegates to it. */
function delegated(
  root: HttpRoute,
  rootMatches: readonly HttpMatch[],
  gateway: string,
  namespace: string,
  all: readonly VirtualService[],
): Route[] {
  const { name, namespace: its = namespace } = root.delegate ?? { name: '' };
  const delegate = all.find(
    ({ metadata, spec }) =>
      metadata.name === name && metadata.namespace === its && (spec.hosts ?? []).length === 0,
  );
  const outer = anyMatch(rootMatches);
  return (delegate?.spec.http ?? []).flatMap((spec) => {
    const matches = matchesAt(spec, gateway, its);
    if (matches === undefined) return [];
    const inner = anyMatch(matches);
    const test: RequestTest = (...asked) => outer(...asked) && inner(...asked);
    return [{ test, spec, matches: matches.length > 0 ? matches : rootMatches, namespace: its }];
  });
}
