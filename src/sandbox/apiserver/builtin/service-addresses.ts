import { scalarText } from '../values/json-tree.ts';
import { invalid } from '../objects/api-errors.ts';
import type { JsonObject, KubeObject } from '../cluster-state.ts';
import { objectsOf } from './pod-defaults.ts';
import { fieldFault } from '../objects/field-faults.ts';
import type { KindRules } from '../objects/resource-definition.ts';
import type { Storage } from '../objects/storage.ts';

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

/** Services get an address of 10.96.0.0/16, and a node port where their type has one. */
export function serviceRules(storage: Storage): Partial<KindRules> {
  return {
    prepareForCreate(service) {
      service.status = { loadBalancer: {} };
      allocate(service, storage);
    },
    prepareForUpdate(next, previous) {
      const [spec, before] = [next.spec ?? {}, previous.spec ?? {}];
      if (spec['type'] !== 'ExternalName' && before['type'] !== 'ExternalName') {
        for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
          if (before[field] !== undefined) spec[field] ??= structuredClone(before[field]);
        }
        keepNodePorts(spec, before);
      }
      allocate(next, storage);
    },
  };
}

function allocate(service: KubeObject, storage: Storage): void {
  const spec = (service.spec ??= {});
  if (spec['type'] === 'ExternalName') {
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      delete spec[field];
    return;
  }
  const others = storage
    .list('services')
    .filter((other) => other.metadata.uid !== service.metadata.uid);
  const taken = new Set(others.map((other) => other.spec?.['clusterIP']));
  const asked = spec['clusterIP'];
  if (asked !== undefined && asked !== 'None' && taken.has(asked))
    throw allocated(service, scalarText(asked));
  spec['clusterIP'] ??= freeAddress(taken);
  spec['clusterIPs'] ??= [spec['clusterIP']];
  // Whoever brings the endpoints of a headless service may bring those of both families.
  const isOpen = spec['clusterIP'] === 'None' && spec['selector'] === undefined;
  spec['ipFamilies'] ??= isOpen ? ['IPv4', 'IPv6'] : ['IPv4'];
  spec['ipFamilyPolicy'] ??= isOpen ? 'RequireDualStack' : 'SingleStack';
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer')
    allocateNodePorts(spec, others);
}

function freeAddress(taken: ReadonlySet<unknown>): string {
  for (let number = 10; number < 65_535; number += 1) {
    const address = `10.96.${number >> 8}.${number & 255}`;
    if (!taken.has(address)) return address;
  }
  throw new Error('no address of 10.96.0.0/16 is free');
}

function allocateNodePorts(spec: JsonObject, others: readonly KubeObject[]): void {
  const taken = new Set(
    others.flatMap((other) => objectsOf(other.spec?.['ports']).map((port) => port['nodePort'])),
  );
  for (const port of objectsOf(spec['ports'])) {
    if (port['nodePort']) continue;
    let free = FIRST_NODE_PORT;
    while (taken.has(free) && free < LAST_NODE_PORT) free += 1;
    port['nodePort'] = free;
    taken.add(free);
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
