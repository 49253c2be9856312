import { conflict, methodNotAllowed, unknownResource } from '../objects/api-errors.ts';
import { parseBody, writeOptions, type ApiAnswer, type ApiRequest } from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import type { JsonObject } from '../cluster-state.ts';
import { objectsOf } from '../builtin/pod-defaults.ts';
import { metadataTime } from '../objects/metadata.ts';
import { cloneJson, isJsonObject, scalarText } from '../values/json-tree.ts';
import { valueAt, type ResourceDefinition } from '../objects/resource-definition.ts';

/** `pods/eviction` and `pods/binding`; every other subresource is unknown here. */
export function handlePodSubresource(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const { subresource } = request.target;
  const isServed = subresource === 'eviction' || subresource === 'binding';
  if (definition.subresources.eviction !== true || !isServed) throw unknownResource();
  if (request.method !== 'POST') throw methodNotAllowed();
  return subresource === 'eviction'
    ? evict(cluster, definition, request)
    : bind(cluster, definition, request);
}

/** Deletes the pod. Disruption budgets are stored but not counted here. */
function evict(cluster: Cluster, definition: ResourceDefinition, request: ApiRequest): ApiAnswer {
  const { namespace, name = '' } = request.target;
  const body = parseBody(request);
  const given = isJsonObject(body) ? body['deleteOptions'] : undefined;
  const { dryRun } = writeOptions(request, 'Delete');
  cluster.deletion.delete(definition, namespace, name, isJsonObject(given) ? given : {}, dryRun);
  return { status: 201, body: SUCCESS };
}

/** Puts the pod on a node, as the scheduler does: no generation, no ownership, a condition. */
function bind(cluster: Cluster, definition: ResourceDefinition, request: ApiRequest): ApiAnswer {
  const { namespace, name = '' } = request.target;
  const node = scalarText(valueAt(parseBody(request) as JsonObject, 'target.name'));
  const pod = cloneJson(cluster.writes.read(definition, namespace, name));
  if (pod.spec?.['nodeName']) {
    throw conflict(
      definition,
      name,
      `pod ${name} is already assigned to node "${scalarText(pod.spec['nodeName'])}"`,
    );
  }
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: metadataTime(cluster.now()),
  };
  const conditions = objectsOf(pod.status?.['conditions']).filter(
    (condition) => condition['type'] !== 'PodScheduled',
  );
  pod.spec = { ...pod.spec, nodeName: node };
  pod.status = { ...pod.status, conditions: [...conditions, scheduled] };
  if (!writeOptions(request, 'Create').dryRun) {
    const { table, encode } = definition.storage;
    cluster.storage.commit({ type: 'MODIFIED', table, object: encode(pod) });
  }
  return { status: 201, body: SUCCESS };
}

const SUCCESS: JsonObject = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
};
