import { scalarText } from '../values/json-tree.ts';
import { invalid } from '../objects/api-errors.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { objectsOf } from './pod-defaults.ts';
import { fieldFault } from '../objects/field-faults.ts';
import type { KindRules } from '../objects/resource-definition.ts';
import type { Storage } from '../objects/storage.ts';
import { AddressHolders } from './address-holders.ts';

/** Services get an address of 10.96.0.0/16, and a node port where their type has one. */
export function serviceRules(storage: Storage): Partial<KindRules> {
  const holders = new AddressHolders(storage);
  return {
    prepareForCreate(service) {
      service.status = { loadBalancer: {} };
      allocate(service, holders);
    },
    prepareForUpdate(next, previous) {
      const [spec, before] = [next.spec ?? {}, previous.spec ?? {}];
      if (spec['type'] !== 'ExternalName' && before['type'] !== 'ExternalName') {
        for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
          if (before[field] !== undefined) spec[field] ??= structuredClone(before[field]);
        }
        keepNodePorts(spec, before);
      }
      allocate(next, holders);
    },
  };
}

function allocate(service: KubeObject, holders: AddressHolders): void {
  const spec = (service.spec ??= {});
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      delete spec[field];
    return;
  }
  const { uid } = service.metadata;
  const asked = spec['clusterIP'];
  if (asked !== undefined && holders.isTaken(asked, uid))
    throw allocated(service, scalarText(asked));
  spec['clusterIP'] ??= holders.freeAddress();
  spec['clusterIPs'] ??= [spec['clusterIP']];
  // Whoever brings the endpoints of a headless service may bring those of both families.
  const isOpen = spec['clusterIP'] === 'None' && spec['selector'] === undefined;
  spec['ipFamilies'] ??= isOpen ? ['IPv4', 'IPv6'] : ['IPv4'];
  spec['ipFamilyPolicy'] ??= isOpen ? 'RequireDualStack' : 'SingleStack';
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer')
    allocateNodePorts(spec, holders);
}

function allocateNodePorts(spec: JsonObject, holders: AddressHolders): void {
  const own = new Set<number>();
  for (const port of objectsOf(spec['ports'])) {
    if (port['nodePort']) continue;
    const free = holders.freeNodePort(own);
    port['nodePort'] = free;
    own.add(free);
  }
}

/** A client that leaves the node port out of an update does not want another one. */
function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  for (const port of objectsOf(spec['ports'])) {
    const same = objectsOf(before['ports']).find(
      (other) => other['port'] === port['port'] && other['protocol'] === port['protocol'],
    );
    const keeps = spec['type'] !== 'ClusterIP' && same?.['nodePort'] !== undefined;
    if (keeps) port['nodePort'] ??= same['nodePort'];
  }
}

function allocated(service: KubeObject, address: string): Error {
  const detail = `failed to allocate IP ${address}: provided IP is already allocated`;
  return invalid({ group: '', kind: 'Service' }, service.metadata.name, [
    fieldFault.invalid('spec.clusterIPs', [address], detail),
  ]);
}
