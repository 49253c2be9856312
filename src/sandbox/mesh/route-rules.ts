import type { HttpRoute, VirtualService } from './istio-resources.ts';

/**
 * Throws a sentence when the VirtualService is one that Istio's webhook refuses, as far as traffic
 * depends on it.
 */
export function checkVirtualService({ spec }: VirtualService): void {
  const { hosts = [], gateways = [], http = [] } = spec;
  if (hosts.length === 0 && gateways.length > 0) {
    throw new Error('spec.gateways: a delegate (without hosts) has no gateways');
  }
  if (hosts.includes('*') && (gateways.length === 0 || gateways.includes('mesh'))) {
    throw new Error('spec.hosts: "*" is not allowed for the gateway "mesh"');
  }
  for (const [index, route] of http.entries()) checkRoute(route, `spec.http[${index}]`);
}

function checkRoute(route: HttpRoute, at: string): void {
  const { route: destinations = [], redirect, directResponse, delegate, mirror, mirrors } = route;
  const kinds = [destinations.length > 0, redirect, directResponse, delegate].filter(Boolean);
  if (kinds.length !== 1) {
    throw new Error(`${at}: needs exactly one of route, redirect, directResponse and delegate`);
  }
  const weights = destinations.map(({ weight = 0 }) => weight);
  if (weights.some((weight) => weight < 0)) {
    throw new Error(
      `${at}.route: found the weight ${Math.min(...weights)}, allowed is 0 and above`,
    );
  }
  if (weights.length > 1 && weights.every((weight) => weight === 0)) {
    throw new Error(`${at}.route: the weights of several destinations add up to 0`);
  }
  if (mirror !== undefined && mirrors !== undefined) {
    throw new Error(`${at}: needs mirror or mirrors, not both`);
  }
}
