import { CANARIES, GROUP, VERSION } from '../../api/group.ts';
import type { ApiClient, ResourceKind } from '../../ports/cluster.ts';

/** Istio's kinds under the version that the cluster serves; their schema is the same in each. */
export interface IstioKinds {
  readonly virtualServices: ResourceKind;
  readonly destinationRules: ResourceKind;
  readonly gateways: ResourceKind;
}

export const ISTIO_GROUP = 'networking.istio.io';

/** Newest first: objects are written in the first that is served. */
export const ISTIO_VERSIONS = ['v1', 'v1beta1', 'v1alpha3'] as const;
export type IstioVersion = (typeof ISTIO_VERSIONS)[number];

export function istioKinds(version: IstioVersion): IstioKinds {
  const kind = (kind: string, resource: string) => ({
    group: ISTIO_GROUP,
    version,
    resource,
    kind,
  });
  return {
    virtualServices: kind('VirtualService', 'virtualservices'),
    destinationRules: kind('DestinationRule', 'destinationrules'),
    gateways: kind('Gateway', 'gateways'),
  };
}

/** The newest of Istio's versions that this cluster serves; undefined where Istio is not installed. */
export async function servedIstio(client: ApiClient): Promise<IstioKinds | undefined> {
  const definition = await client.get(DEFINITIONS, undefined, `virtualservices.${ISTIO_GROUP}`);
  const spec = definition?.['spec'] as { versions?: { name: string; served: boolean }[] };
  const served = new Set(spec?.versions?.filter(({ served }) => served).map(({ name }) => name));
  const version = ISTIO_VERSIONS.find((version) => served.has(version));
  return version === undefined ? undefined : istioKinds(version);
}

const DEFINITIONS: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};

export const CANARY_KIND: ResourceKind = {
  group: GROUP,
  version: VERSION,
  resource: CANARIES.plural,
  kind: CANARIES.kind,
};
