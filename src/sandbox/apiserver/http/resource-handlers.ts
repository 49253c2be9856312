import { methodNotAllowed, notSupported, unknownResource } from '../objects/api-errors.ts';
import {
  parseBody,
  requireNamed,
  writeOptions,
  type ApiAnswer,
  type ApiRequest,
} from './api-request.ts';
import { deleteCollection, deleteOne } from './delete-handler.ts';
import type { Cluster } from '../cluster.ts';
import { ListAnswer, listQuery } from './list-answer.ts';
import { listObjects, type ListedObjects } from './list-objects.ts';
import type { Subresource } from '../objects/update-request.ts';
import { handlePatch } from './patch-handler.ts';
import { handlePodSubresource } from './pod-handlers.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { handleScale } from './scale-handler.ts';

/** Serves one request about a resource, watches excepted. Throws ApiErrors. */
export function handleResource(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const { name, subresource } = request.target;
  if (name === undefined) return handleCollection(cluster, definition, request);
  switch (subresource) {
    case undefined:
      return handleObject(cluster, definition, request, undefined);
    case 'status':
      if (!definition.subresources.status) throw unknownResource();
      return handleObject(cluster, definition, request, 'status');
    case 'scale':
      return handleScale(cluster, definition, request);
    case 'finalize':
      return handleFinalize(cluster, definition, request);
    default:
      return handlePodSubresource(cluster, definition, request);
  }
}

function handleCollection(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  switch (request.method) {
    case 'GET':
      return { status: 200, body: new ListAnswer(list(cluster, definition, request)) };
    case 'POST':
      if (definition.namespaced && request.target.namespace === undefined) throw methodNotAllowed();
      return {
        status: 201,
        body: cluster.writes.create(
          definition,
          request.target.namespace,
          parseBody(request, definition.kind),
          writeOptions(request, 'Create'),
        ),
      };
    case 'DELETE':
      return deleteCollection(cluster, definition, request);
    default:
      throw methodNotAllowed();
  }
}

function handleObject(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
  subresource: Subresource | undefined,
): ApiAnswer {
  const { namespace, name = '' } = request.target;
  switch (request.method) {
    case 'GET':
      return { status: 200, body: cluster.writes.read(definition, namespace, name) };
    case 'PUT':
      return put(cluster, definition, request, subresource);
    case 'PATCH':
      return handlePatch(cluster, definition, request, subresource);
    case 'DELETE':
      if (subresource !== undefined) throw methodNotAllowed();
      return deleteOne(cluster, definition, request);
    default:
      throw definition.custom ? notSupported(definition, 'create') : methodNotAllowed();
  }
}

function put(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
  subresource: Subresource | undefined,
): ApiAnswer {
  const { namespace, name = '' } = request.target;
  const body = parseBody(request, definition.kind);
  const options = writeOptions(request, 'Update');
  requireNamed(body, name);
  const exists = cluster.storage.get(definition.storage.table, namespace, name) !== undefined;
  if (!exists && subresource === undefined && definition.rules.createOnUpdate === true) {
    return { status: 201, body: cluster.writes.create(definition, namespace, body, options) };
  }
  const change = (): unknown => body;
  const update = subresource ? { change, subresource } : { change };
  return { status: 200, body: cluster.writes.update(definition, namespace, name, update, options) };
}

/** Takes the finalizers out of a namespace's spec. */
function handleFinalize(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  if (definition.subresources.finalize !== true) throw unknownResource();
  if (request.method !== 'PUT') throw methodNotAllowed();
  return put(cluster, definition, request, undefined);
}

function list(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ListedObjects {
  const { namespace } = request.target;
  return listObjects(cluster.storage, definition, namespace, listQuery(request.query));
}
