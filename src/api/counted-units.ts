import type { CanarySpec } from './spec.ts';
import { isHttp, protocolOf } from './port-protocol.ts';

/** What of a workload's traffic succeeds or fails: requests over HTTP and gRPC, else connections. */
export type Unit = 'requests' | 'connections';

/**
 * What is counted of both versions: what the routes divide. The rest goes to the primary alone, and would
 * make its errors seem fewer than they are. Only where neither the port nor Linnet's own routes tell which
 * of the two is divided, both are counted.
 */
export function unitsOf({ provider = 'istio', service, routing }: UnitSpec): readonly Unit[] {
  if (provider !== 'istio') return ['requests'];
  if (service === undefined) return BOTH;
  const { portName: name, appProtocol } = service;
  const protocol = protocolOf({ name, appProtocol });
  if (protocol !== undefined) return isHttp(protocol) ? ['requests'] : ['connections'];
  return routing?.virtualServiceRef === undefined ? ['requests'] : BOTH;
}

type UnitSpec = Pick<CanarySpec, 'provider' | 'service' | 'routing'>;

const BOTH: readonly Unit[] = ['requests', 'connections'];

/** As a person reads it: `requests`, `connections` or `requests and connections`. */
export function unitsText(spec: UnitSpec): string {
  return unitsOf(spec).join(' and ');
}
