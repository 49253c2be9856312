import { ALERT_PROVIDERS, CANARIES, GROUP, METRIC_TEMPLATES, VERSION } from '../api/group.ts';
import type { ResourceKind } from './cluster.ts';

/** Every kind of object that Linnet reads or writes, in the version in which it does so. */

export const CANARY_KIND = ours(CANARIES);
export const METRIC_TEMPLATE = ours(METRIC_TEMPLATES);
export const ALERT_PROVIDER = ours(ALERT_PROVIDERS);

export const CONFIG_MAP = core('configmaps', 'ConfigMap');
export const SECRET = core('secrets', 'Secret');
export const SERVICE = core('services', 'Service');
export const POD = core('pods', 'Pod');
export const NAMESPACE = core('namespaces', 'Namespace');
export const NODE = core('nodes', 'Node');
export const EVENT = core('events', 'Event');

export const DEPLOYMENT = apps('deployments', 'Deployment');
export const DAEMON_SET = apps('daemonsets', 'DaemonSet');
export const REPLICA_SET = apps('replicasets', 'ReplicaSet');
export const CONTROLLER_REVISION = apps('controllerrevisions', 'ControllerRevision');

export const HORIZONTAL_POD_AUTOSCALER: ResourceKind = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
  kind: 'HorizontalPodAutoscaler',
};
export const SCALED_OBJECT: ResourceKind = {
  group: 'keda.sh',
  version: 'v1alpha1',
  resource: 'scaledobjects',
  kind: 'ScaledObject',
};
export const ENDPOINT_SLICE: ResourceKind = {
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
};

export const VIRTUAL_SERVICE = istio('virtualservices', 'VirtualService');
export const DESTINATION_RULE = istio('destinationrules', 'DestinationRule');
export const GATEWAY = istio('gateways', 'Gateway');

export const CUSTOM_RESOURCE_DEFINITION: ResourceKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  resource: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
};

/** What an object of this kind has as `apiVersion`. */
export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

function ours({ kind, plural }: { kind: string; plural: string }): ResourceKind {
  return { group: GROUP, version: VERSION, resource: plural, kind };
}

function core(resource: string, kind: string): ResourceKind {
  return { group: '', version: 'v1', resource, kind };
}

function apps(resource: string, kind: string): ResourceKind {
  return { group: 'apps', version: 'v1', resource, kind };
}

/** Served since Istio 1.22; older versions of the same objects come out converted. */
function istio(resource: string, kind: string): ResourceKind {
  return { group: 'networking.istio.io', version: 'v1', resource, kind };
}
