import type { ClusterState, JsonObject, ResourceKind } from './apiserver/cluster-state.ts';
import {
  DESTINATION_RULE_SPEC,
  GATEWAY_SPEC,
  STATUS,
  VIRTUAL_SERVICE_SPEC,
} from './istio-schemas.ts';

export const CUSTOM_RESOURCE_DEFINITIONS: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
};

const GROUP = 'networking.istio.io';

/** As Istio serves them: one schema, three versions, v1 stored. */
const VERSIONS = ['v1', 'v1beta1', 'v1alpha3'];

interface IstioKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: string[];
  readonly columns: JsonObject[];
  readonly spec: JsonObject;
}

const KINDS: readonly IstioKind[] = [
  {
    kind: 'VirtualService',
    plural: 'virtualservices',
    shortNames: ['vs'],
    columns: [
      { name: 'Gateways', type: 'string', jsonPath: '.spec.gateways' },
      { name: 'Hosts', type: 'string', jsonPath: '.spec.hosts' },
    ],
    spec: VIRTUAL_SERVICE_SPEC,
  },
  {
    kind: 'DestinationRule',
    plural: 'destinationrules',
    shortNames: ['dr'],
    columns: [{ name: 'Host', type: 'string', jsonPath: '.spec.host' }],
    spec: DESTINATION_RULE_SPEC,
  },
  { kind: 'Gateway', plural: 'gateways', shortNames: ['gw'], columns: [], spec: GATEWAY_SPEC },
];

/**
 * Defines the kinds of Istio that the sandbox's mesh obeys. Their schemas check the
 * types of what the mesh reads and keep everything else; what only Istio's webhook refuses is
 * stored, and not obeyed.
 */
export function defineIstioKinds(cluster: ClusterState): void {
  for (const kind of KINDS) {
    const name = `${kind.plural}.${GROUP}`;
    if (cluster.get(CUSTOM_RESOURCE_DEFINITIONS, undefined, name) === undefined) {
      cluster.create(CUSTOM_RESOURCE_DEFINITIONS, definition(kind));
    }
  }
}

function definition({ kind, plural, shortNames, columns, spec }: IstioKind) {
  const names = {
    kind,
    listKind: `${kind}List`,
    plural,
    singular: kind.toLowerCase(),
    shortNames,
    categories: ['istio-io', 'networking-istio-io'],
  };
  const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
  const versions = VERSIONS.map((version) => ({
    name: version,
    served: true,
    storage: version === 'v1',
    subresources: { status: {} },
    additionalPrinterColumns: [...columns, age],
    schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: STATUS } } },
  }));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: { group: GROUP, names, scope: 'Namespaced', versions },
  };
}
