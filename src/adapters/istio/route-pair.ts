import type { Canary } from '../../api/canary.ts';
import type { CanaryService } from '../../api/service.ts';
import { serviceNames } from './hosts.ts';
import { listOf, numberOf, objectOf, withFields, type Json } from './json.ts';
import { percentOf, split } from './weights.ts';

/** Response cookies of the two destinations. */
export interface PairCookies {
  readonly primary?: string | undefined;
  readonly canary?: string | undefined;
}

/** Primary and canary as the destinations of one route; both are listed at weight 0 too. */
export function routePair(
  canary: Canary,
  service: CanaryService,
  canaryPercent: number,
  cookies: PairCookies = {},
): Json[] {
  const { primary, canary: name } = serviceNames(canary);
  const weights = split(100, canaryPercent);
  return [
    weighted(destination(service, primary), weights.primary, cookies.primary),
    weighted(destination(service, name), weights.canary, cookies.canary),
  ];
}

/**
 * A gateway cannot tell which port of a Service with several is meant, nor can a delegate, which
 * does not know who calls it.
 */
export function destination(
  { port, portDiscovery, gateways, delegation }: CanaryService,
  host: string,
): Json {
  const fromGateway = delegation || (gateways?.some((gateway) => gateway !== 'mesh') ?? false);
  return portDiscovery && fromGateway ? { host, port: { number: port } } : { host };
}

/** The canary's percent in a route of this pair; undefined when it is none. */
export function percentIn(canary: Canary, route: Json): number | undefined {
  const names = serviceNames(canary);
  const pairs = listOf(route['route']);
  const weightOf = (host: string) =>
    pairs.find((pair) => objectOf(pair['destination'])['host'] === host)?.['weight'];
  return percentOf({
    primary: numberOf(weightOf(names.primary)),
    canary: numberOf(weightOf(names.canary)),
  });
}

export function isTcp({ appProtocol }: CanaryService): boolean {
  return appProtocol?.toLowerCase() === 'tcp';
}

/** `add`, because `set` would overwrite the cookies of the application. */
function weighted(destination: Json, weight: number, cookie: string | undefined): Json {
  const headers = cookie && { response: { add: { 'Set-Cookie': cookie } } };
  return withFields({}, { destination, weight, headers });
}
