import type { ResourceKind } from '../../ports/cluster.ts';
import { DESTINATION_RULE, GATEWAY, VIRTUAL_SERVICE } from '../../ports/kinds.ts';

/** Istio's kinds under the version that the cluster serves; their schema is the same in each. */
export interface IstioKinds {
  readonly virtualServices: ResourceKind;
  readonly destinationRules: ResourceKind;
  readonly gateways: ResourceKind;
}

export function istioKinds(version: string): IstioKinds {
  return {
    virtualServices: { ...VIRTUAL_SERVICE, version },
    destinationRules: { ...DESTINATION_RULE, version },
    gateways: { ...GATEWAY, version },
  };
}
