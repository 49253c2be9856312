import type { ApiClient, ResourceKind } from '../../ports/cluster.ts';
import {
  CUSTOM_RESOURCE_DEFINITION,
  DESTINATION_RULE,
  GATEWAY,
  VIRTUAL_SERVICE,
} from '../../ports/kinds.ts';

/** Istio's kinds under the version that the cluster serves; their schema is the same in each. */
export interface IstioKinds {
  readonly virtualServices: ResourceKind;
  readonly destinationRules: ResourceKind;
  readonly gateways: ResourceKind;
}

/** Newest first: objects are written in the first that is served. */
export const ISTIO_VERSIONS = ['v1', 'v1beta1', 'v1alpha3'] as const;
export type IstioVersion = (typeof ISTIO_VERSIONS)[number];

export function istioKinds(version: IstioVersion): IstioKinds {
  return {
    virtualServices: { ...VIRTUAL_SERVICE, version },
    destinationRules: { ...DESTINATION_RULE, version },
    gateways: { ...GATEWAY, version },
  };
}

/** The newest of Istio's versions that this cluster serves; undefined where Istio is not installed. */
export async function servedIstio(client: ApiClient): Promise<IstioKinds | undefined> {
  const definition = await client.get(
    CUSTOM_RESOURCE_DEFINITION,
    undefined,
    `${VIRTUAL_SERVICE.resource}.${VIRTUAL_SERVICE.group}`,
  );
  const spec = definition?.['spec'] as { versions?: { name: string; served: boolean }[] };
  const served = new Set(spec?.versions?.filter(({ served }) => served).map(({ name }) => name));
  const version = ISTIO_VERSIONS.find((version) => served.has(version));
  return version === undefined ? undefined : istioKinds(version);
}
