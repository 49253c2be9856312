import { methodNotAllowed, notSupported, unknownResource } from '../objects/api-errors.ts';
import {
  isDryRun,
  optionFault,
  parseBody,
  requireNamed,
  writeOptions,
  type ApiAnswer,
  type ApiRequest,
} from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import type { DeleteInput, JsonObject, KubeObject } from '../cluster-state.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { listObjects, type ListedObjects, type ListQuery } from './list-objects.ts';
import type { Subresource } from '../objects/writes.ts';
import { handlePatch } from './patch-handler.ts';
import { handlePodSubresource } from './pod-handlers.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { handleScale } from './scale-handler.ts';

/** A list, to be shown in the form the client asked for. */
export class ListAnswer {
  readonly listed: ListedObjects;

  constructor(listed: ListedObjects) {
    this.listed = listed;
  }
}

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

function deleteOne(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const { namespace, name = '' } = request.target;
  const { dryRun, ...options } = deleteOptions(request);
  const { object, gone } = cluster.deletion.delete(definition, namespace, name, options, dryRun);
  const showsObject = !gone || definition.rules.returnsDeleted === true;
  return { status: 200, body: showsObject ? object : deletedStatus(definition, object) };
}

function deleteCollection(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const listed = list(cluster, definition, request);
  const { dryRun, ...options } = deleteOptions(request);
  for (const { metadata } of listed.items) {
    cluster.deletion.delete(definition, metadata.namespace, metadata.name, options, dryRun);
  }
  return { status: 200, body: new ListAnswer(listed) };
}

const POLICIES: readonly unknown[] = ['Foreground', 'Background', 'Orphan', 'nil'];

/** DeleteOptions come in the query or, more often, in the body. */
function deleteOptions(request: ApiRequest): DeleteInput & { dryRun: boolean } {
  const body = request.body.length === 0 ? {} : parseBody(request);
  const given: JsonObject = isJsonObject(body) ? body : {};
  const asked = Array.isArray(given['dryRun'])
    ? given['dryRun'].map((one) => scalarText(one))
    : undefined;
  const grace = given['gracePeriodSeconds'] ?? numberIn(request.query, 'gracePeriodSeconds');
  const policy = given['propagationPolicy'] ?? request.query.get('propagationPolicy');
  const orphan = given['orphanDependents'] ?? request.query.get('orphanDependents');
  const chosen = policy ?? (orphan === true || orphan === 'true' ? 'Orphan' : undefined);
  if (chosen !== undefined && chosen !== null && !POLICIES.includes(chosen)) {
    throw optionFault('Delete', fieldFault.notSupported('propagationPolicy', chosen, POLICIES));
  }
  const { preconditions } = given;
  return {
    dryRun: isDryRun(asked ?? request.query.getAll('dryRun'), 'Delete'),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(chosen
      ? { propagationPolicy: chosen as NonNullable<DeleteInput['propagationPolicy']> }
      : {}),
    ...(isJsonObject(preconditions) ? { preconditions } : {}),
  };
}

function deletedStatus(definition: ResourceDefinition, { metadata }: KubeObject): JsonObject {
  const { group, resource } = definition;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: metadata.name,
      ...(group === '' ? {} : { group }),
      kind: resource,
      uid: metadata.uid,
    },
  };
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

export function listQuery(query: URLSearchParams): ListQuery {
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: numberIn(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  return text === null || text === '' ? undefined : Number(text);
}
