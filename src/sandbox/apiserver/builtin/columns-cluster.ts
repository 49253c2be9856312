import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { humanAge } from '../table/human-age.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import { valueAt } from '../objects/resource-definition.ts';
import { listAt, selectorAt, textAt } from '../table/cells.ts';
import { ageColumn, column, nameColumn, wide, type TableColumn } from '../table/columns.ts';

const roleRef = column('Role', (object) => {
  const kind = textAt('roleRef.kind')(object);
  return `${kind}/${textAt('roleRef.name')(object)}`;
});

const BINDING_COLUMNS: readonly TableColumn[] = [
  nameColumn,
  roleRef,
  ageColumn,
  wide('Users', subjectsOf('User')),
  wide('Groups', subjectsOf('Group')),
  wide('ServiceAccounts', subjectsOf('ServiceAccount')),
];

export const CLUSTER_COLUMNS: Record<string, readonly TableColumn[]> = {
  namespaces: [nameColumn, column('Status', textAt('status.phase')), ageColumn],
  nodes: [
    nameColumn,
    column('Status', nodeStatus),
    column('Roles', nodeRoles),
    ageColumn,
    column('Version', textAt('status.nodeInfo.kubeletVersion', '')),
    wide('Internal-IP', (node) => nodeAddress(node, 'InternalIP')),
    wide('External-IP', (node) => nodeAddress(node, 'ExternalIP')),
    wide('OS-Image', textAt('status.nodeInfo.osImage', '<unknown>')),
    wide('Kernel-Version', textAt('status.nodeInfo.kernelVersion', '<unknown>')),
    wide('Container-Runtime', textAt('status.nodeInfo.containerRuntimeVersion', '<unknown>')),
  ],
  services: [
    nameColumn,
    column('Type', textAt('spec.type')),
    column('Cluster-IP', textAt('spec.clusterIP')),
    column('External-IP', externalIp),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', selectorAt('spec.selector')),
  ],
  endpoints: [nameColumn, column('Endpoints', endpointAddresses), ageColumn],
  endpointslices: [
    nameColumn,
    column('AddressType', textAt('addressType')),
    column('Ports', (slice) =>
      firstFew(
        listAt(slice, 'ports').map((port) => port['port']),
        '<unset>',
      ),
    ),
    column('Endpoints', (slice) =>
      firstFew(
        listAt(slice, 'endpoints').flatMap((one) => one['addresses']),
        '<unset>',
      ),
    ),
    ageColumn,
  ],
  configmaps: [nameColumn, column('Data', dataCount), ageColumn],
  secrets: [nameColumn, column('Type', textAt('type')), column('Data', dataCount), ageColumn],
  serviceaccounts: [
    nameColumn,
    column('Secrets', (object) => listAt(object, 'secrets').length, { type: 'string' }),
    ageColumn,
  ],
  events: [
    column('Last Seen', (event, now) => humanAge(lastSeen(event), now)),
    column('Type', textAt('type', '')),
    column('Reason', textAt('reason', '')),
    column('Object', involvedObject),
    wide('Subobject', textAt('involvedObject.fieldPath', '')),
    wide('Source', eventSource),
    column('Message', (event) => scalarText(event['message'] ?? event['note']).trim()),
    wide('First Seen', (event, now) => humanAge(firstSeen(event), now)),
    wide('Count', (event) => event['count'] ?? event['deprecatedCount'] ?? 1),
    column('Name', (event) => event.metadata.name, { priority: 1, format: 'name' }),
  ],
  ingresses: [
    nameColumn,
    column('Class', textAt('spec.ingressClassName')),
    column('Hosts', ingressHosts),
    column('Address', ingressAddress),
    column('Ports', (ingress) => (listAt(ingress, 'spec.tls').length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  networkpolicies: [nameColumn, column('Pod-Selector', selectorAt('spec.podSelector')), ageColumn],
  leases: [nameColumn, column('Holder', textAt('spec.holderIdentity', '')), ageColumn],
  rolebindings: BINDING_COLUMNS,
  clusterrolebindings: BINDING_COLUMNS,
  persistentvolumeclaims: [
    nameColumn,
    column('Status', textAt('status.phase', '')),
    column('Volume', textAt('spec.volumeName', '')),
    column('Capacity', textAt('status.capacity.storage', '')),
    column('Access Modes', (claim) => textAt('status.accessModes', '')(claim)),
    column('StorageClass', textAt('spec.storageClassName', '')),
    ageColumn,
  ],
};

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status.conditions').find((one) => one['type'] === 'Ready');
  const state = ready ? (ready['status'] === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return valueAt(node, 'spec.unschedulable') === true ? `${state},SchedulingDisabled` : state;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length));
  return roles.sort().join(',') || '<none>';
}

function nodeAddress(node: KubeObject, type: string): string {
  const found = listAt(node, 'status.addresses').find((one) => one['type'] === type);
  return scalarText(found?.['address'], '<none>');
}

function externalIp(service: KubeObject): string {
  const external = valueAt(service, 'spec.externalIPs');
  const listed = Array.isArray(external) ? external.join(',') : '';
  switch (valueAt(service, 'spec.type')) {
    case 'ExternalName':
      return textAt('spec.externalName')(service);
    case 'LoadBalancer': {
      const ingress = listAt(service, 'status.loadBalancer.ingress');
      const addresses = ingress.map((one) => scalarText(one['ip'] ?? one['hostname'])).join(',');
      return [addresses, listed].filter((one) => one !== '').join(',') || '<pending>';
    }
    default:
      return listed || '<none>';
  }
}

function servicePorts(service: KubeObject): string {
  const ports = listAt(service, 'spec.ports').map(({ port, nodePort, protocol }) =>
    nodePort
      ? `${scalarText(port)}:${scalarText(nodePort)}/${scalarText(protocol)}`
      : `${scalarText(port)}/${scalarText(protocol)}`,
  );
  return ports.join(',') || '<none>';
}

function endpointAddresses(endpoints: KubeObject): string {
  const pairs = listAt(endpoints, 'subsets').flatMap((subset) => {
    const addresses = Array.isArray(subset['addresses'])
      ? subset['addresses'].filter(isJsonObject)
      : [];
    const ports = Array.isArray(subset['ports']) ? subset['ports'].filter(isJsonObject) : [];
    return ports.flatMap(({ port }) =>
      addresses.map(({ ip }) => `${scalarText(ip)}:${scalarText(port)}`),
    );
  });
  return firstFew(pairs, '<none>');
}

/** The first three, and how many more there are. */
function firstFew(values: unknown[], missing: string): string {
  const shown = values.slice(0, 3).join(',');
  if (values.length === 0) return missing;
  return values.length > 3 ? `${shown} + ${values.length - 3} more...` : shown;
}

function dataCount(object: KubeObject): number {
  const count = (field: string): number => Object.keys((object[field] as JsonObject) ?? {}).length;
  return count('data') + count('binaryData');
}

function lastSeen(event: KubeObject): string | undefined {
  const found =
    valueAt(event, 'series.lastObservedTime') ??
    event['lastTimestamp'] ??
    event['deprecatedLastTimestamp'] ??
    event['eventTime'];
  return typeof found === 'string' ? found : undefined;
}

function firstSeen(event: KubeObject): string | undefined {
  const found = event['firstTimestamp'] ?? event['eventTime'];
  return typeof found === 'string' ? found : undefined;
}

function eventSource(event: KubeObject): string {
  const source = (event['source'] ?? event['deprecatedSource'] ?? {}) as JsonObject;
  const { reportingComponent, reportingController = reportingComponent, reportingInstance } = event;
  const named = scalarText(source['component']);
  const parts = named === '' ? [reportingController, reportingInstance] : [named, source['host']];
  return joined(parts, ', ');
}

function involvedObject(event: KubeObject): string {
  const about = (event['involvedObject'] ?? event['regarding'] ?? {}) as JsonObject;
  return `${scalarText(about['kind']).toLowerCase()}/${scalarText(about['name'])}`;
}

function ingressHosts(ingress: KubeObject): string {
  const hosts = listAt(ingress, 'spec.rules').map((rule) => rule['host'] ?? '*');
  return firstFew(hosts, '*');
}

function ingressAddress(ingress: KubeObject): string {
  const points = listAt(ingress, 'status.loadBalancer.ingress');
  return points.map((one) => scalarText(one['ip'] ?? one['hostname'])).join(',');
}

function subjectsOf(kind: string): (binding: KubeObject) => string {
  return (binding) =>
    listAt(binding, 'subjects')
      .filter((subject) => subject['kind'] === kind)
      .map(({ namespace, name }) => joined([namespace, name], '/'))
      .join(', ');
}

function joined(parts: unknown[], separator: string): string {
  return parts
    .map((part) => scalarText(part))
    .filter((part) => part !== '')
    .join(separator);
}
