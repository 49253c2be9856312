import { conflict, invalid, notFound, unknownResource } from '../objects/api-errors.ts';
import { parseBody, writeOptions, type ApiAnswer, type ApiRequest } from './api-request.ts';
import { builtinSchema } from '../builtin/model-schema.ts';
import type { Cluster } from '../cluster.ts';
import { ApiError, type JsonObject, type JsonValue, type KubeObject } from '../cluster-state.ts';
import { cloneJson, isJsonObject } from '../values/json-tree.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { mediaTypes } from './negotiation.ts';
import { parsePatch, patchFunction } from './patch-handler.ts';
import {
  valueAt,
  type ResourceDefinition,
  type ScalePaths,
} from '../objects/resource-definition.ts';
import { selectorText } from '../table/cells.ts';

/** `/scale`: the replicas of whatever can be scaled, as an `autoscaling/v1` Scale. */
export function handleScale(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const paths = definition.subresources.scale;
  if (!paths) throw unknownResource();
  const { namespace, name = '' } = request.target;
  const current = cluster.writes.read(definition, namespace, name);
  const scale = scaleOf(current, paths);
  if (request.method === 'GET') {
    requireReplicas(definition, current, paths);
    return { status: 200, body: scale };
  }
  const wanted = request.method === 'PUT' ? parseBody(request) : patched(scale, request);
  const updated = cluster.writes.update(
    definition,
    namespace,
    name,
    { subresource: 'scale', change: (object) => scaled(definition, object, paths, wanted) },
    writeOptions(request, request.method === 'PUT' ? 'Update' : 'Patch'),
  );
  return { status: 200, body: scaleOf(updated, paths) };
}

function patched(scale: KubeObject, request: ApiRequest): unknown {
  const type = mediaTypes(request.contentType)[0]?.type ?? '';
  return patchFunction(type, parsePatch(request), { schema: builtinSchema('V1Scale') })(scale);
}

/** A custom resource has a scale to show only while it says how many replicas it wants. */
function requireReplicas(
  { custom }: ResourceDefinition,
  object: KubeObject,
  { specReplicas }: ScalePaths,
): void {
  if (!custom || valueAt(object, specReplicas) !== undefined) return;
  const message = `the spec replicas field ".${specReplicas}" does not exist`;
  throw new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });
}

function scaleOf(object: KubeObject, paths: ScalePaths): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = valueAt(object, paths.specReplicas);
  const selector = paths.labelSelector
    ? valueAt(object, paths.labelSelector)
    : selectorText(valueAt(object, 'spec.selector'));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid,
      resourceVersion,
      creationTimestamp,
    },
    spec: typeof replicas === 'number' && replicas > 0 ? { replicas } : {},
    status: {
      replicas: Number(valueAt(object, paths.statusReplicas) ?? 0),
      ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
    },
  };
}

function scaled(
  definition: ResourceDefinition,
  object: KubeObject,
  { specReplicas }: ScalePaths,
  wanted: unknown,
): JsonObject {
  if (!isJsonObject(wanted)) throw notFound(definition, object.metadata.name);
  const asked = wanted['metadata'];
  const version = isJsonObject(asked) ? asked['resourceVersion'] : undefined;
  if (version && version !== object.metadata.resourceVersion) {
    throw conflict(definition, object.metadata.name);
  }
  const replicas = isJsonObject(wanted['spec']) ? (wanted['spec']['replicas'] ?? 0) : 0;
  if (typeof replicas === 'number' && replicas < 0) {
    const detail = 'must be greater than or equal to 0';
    const fault = fieldFault.invalid('spec.replicas', replicas, detail);
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [fault]);
  }
  const next = cloneJson(object) as unknown as JsonObject;
  setAt(next, specReplicas.split('.'), replicas);
  return next;
}

function setAt(object: JsonObject, [field, ...rest]: string[], value: JsonValue): void {
  if (field === undefined) return;
  if (rest.length === 0) {
    object[field] = value;
    return;
  }
  const below = isJsonObject(object[field]) ? object[field] : {};
  object[field] = below;
  setAt(below, rest, value);
}
