import { methodNotAllowed, unknownResource } from '../objects/api-errors.ts';
import { parseBody, writeOptions, type ApiAnswer, type ApiRequest } from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import type { JsonObject } from '../cluster-state.ts';
import { cloneJson, isJsonObject } from '../values/json-tree.ts';
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

/** Puts the pod on a node, as the scheduler does. */
function bind(cluster: Cluster, definition: ResourceDefinition, request: ApiRequest): ApiAnswer {
  const { namespace, name = '' } = request.target;
  const node = valueAt(parseBody(request) as JsonObject, 'target.name');
  cluster.writes.update(
    definition,
    namespace,
    name,
    {
      change(pod) {
        const next = cloneJson(pod);
        next.spec = { ...next.spec, nodeName: String(node) };
        return next;
      },
    },
    writeOptions(request, 'Create'),
  );
  return { status: 201, body: SUCCESS };
}

const SUCCESS: JsonObject = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
};
