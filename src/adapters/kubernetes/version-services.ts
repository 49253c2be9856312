import { CANARY } from '../../api/annotations.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { apiVersionOf, SERVICE } from '../../ports/kinds.ts';
import {
  CUSTOM_KEYS,
  customFields,
  customMetadata,
  keysText,
  type CustomMetadata,
} from './custom-metadata.ts';
import type { Demand } from './demand.ts';
import { isAdoptable, ownerReference, ownershipFields, whoseText } from './ownership.ts';
import { owned } from './owned-fields.ts';
import type { ServiceParts, ServiceRole } from './service-objects.ts';
import { exactPorts, wantedPorts } from './service-ports.ts';

/** A Service that Linnet makes, or made before: `<apex>-primary`, `<apex>-canary`, or the apex. */
export function madeServiceDemand(
  parts: ServiceParts,
  role: ServiceRole,
  name: string,
  live: KubeObject | undefined,
  selects: 'primary' | 'target',
): Demand {
  const { canary, service, target, label } = parts;
  const selector = { [label.key]: label[selects] };
  const ports = wantedPorts(service, target);
  const custom = customMetadata(service, role, [label.key]);
  const demand = { kind: SERVICE, name, live };
  if (live === undefined) {
    return { ...demand, fields: [], made: newService(parts, name, custom, { selector, ports }) };
  }
  return {
    ...demand,
    foreign: isAdoptable(live, canary) ? undefined : whoseText(live),
    fields: [
      ...ownershipFields(live, canary),
      owned(name, 'metadata', 'labels', label.key),
      ...customFields(live, custom),
      owned(selector, 'spec', 'selector'),
      owned(exactPorts(live, ports), 'spec', 'ports'),
      owned(service.trafficDistribution, 'spec', 'trafficDistribution'),
    ],
  };
}

function newService(
  { canary, service, label }: ServiceParts,
  name: string,
  custom: CustomMetadata,
  spec: Record<string, unknown>,
): KubeObject {
  const { trafficDistribution } = service;
  const keys = keysText(custom);
  return {
    apiVersion: apiVersionOf(SERVICE),
    kind: SERVICE.kind,
    metadata: {
      name,
      namespace: canary.metadata.namespace,
      labels: { ...custom.labels, [label.key]: name },
      annotations: {
        ...custom.annotations,
        ...(keys !== undefined && { [CUSTOM_KEYS]: keys }),
        [CANARY]: canary.metadata.name,
      },
      ownerReferences: [ownerReference(canary)],
    },
    spec: {
      type: 'ClusterIP',
      ...(service.headless && { clusterIP: 'None' }),
      ...(trafficDistribution !== undefined && { trafficDistribution }),
      ...spec,
    },
  };
}
