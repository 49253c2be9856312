import type { CanaryService } from '../../api/service.ts';
import type { ResourceKind } from '../../ports/cluster.ts';
import type { ManagedObject } from './managed-object.ts';

/** The DestinationRule of one version's Service, with the traffic policy of the Canary. */
export function destinationRule(
  kind: ResourceKind,
  service: CanaryService,
  host: string,
): ManagedObject {
  const { trafficPolicy } = service;
  return {
    kind,
    name: host,
    owned: ['host', 'trafficPolicy'],
    spec: () => ({ host, ...(trafficPolicy !== undefined && { trafficPolicy }) }),
  };
}
