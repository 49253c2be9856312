import {
  badRequest,
  conflict,
  notFound,
  unknownMediaType,
  unsupportedMediaType,
} from '../objects/api-errors.ts';
import {
  optionFault,
  parseBody,
  requireNamed,
  writeOptions,
  type ApiAnswer,
  type ApiRequest,
} from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import { ApiError, type JsonObject, type KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import { goText } from '../values/go-text.ts';
import { cloneJson, isJsonObject, scalarText } from '../values/json-tree.ts';
import { mediaTypes } from './negotiation.ts';
import type { Subresource } from '../objects/update-request.ts';
import type { WriteOptions } from '../objects/writes.ts';
import { applyJsonPatch } from '../patch/json.ts';
import { applyMergePatch } from '../patch/merge.ts';
import { applyStrategicMergePatch } from '../patch/strategic.ts';
import { apiVersionOf, valueAt, type ResourceDefinition } from '../objects/resource-definition.ts';
import { typeProblems } from '../schema/type-problems.ts';
import { applyConfiguration } from '../ownership/apply.ts';
import { withLastApplied } from '../ownership/last-applied.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';

const KNOWN_TYPES = new Set([JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH]);

/** PATCH, whatever its type. */
export function handlePatch(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
  subresource: Subresource | undefined,
): ApiAnswer {
  const type = mediaTypes(request.contentType)[0]?.type ?? '';
  requirePatchType(type, definition);
  const options = writeOptions(request, 'Patch');
  if (type === APPLY_PATCH) return handleApply(cluster, definition, request, subresource, options);
  if (request.query.has('force')) {
    throw optionFault(
      'Patch',
      fieldFault.forbidden('force', 'may not be specified for non-apply patch'),
    );
  }
  const patch = parsePatch(request);
  const change = patchFunction(type, patch, definition);
  const describePatch = (changed: unknown): string =>
    type === STRATEGIC_PATCH ? goText(patch) : JSON.stringify(changed);
  const { namespace, name = '' } = request.target;
  const updated = cluster.writes.update(
    definition,
    namespace,
    name,
    { change, describePatch, ...(subresource ? { subresource } : {}) },
    options,
  );
  return { status: 200, body: updated };
}

function requirePatchType(type: string, { custom }: ResourceDefinition): void {
  const supported = [JSON_PATCH, MERGE_PATCH, ...(custom ? [] : [STRATEGIC_PATCH]), APPLY_PATCH];
  if (supported.includes(type)) return;
  throw KNOWN_TYPES.has(type) ? unsupportedMediaType(supported) : unknownMediaType();
}

export function parsePatch(request: ApiRequest): unknown {
  try {
    return JSON.parse(request.body.toString('utf8')) as unknown;
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

/** What a patch makes of an object. Shared with subresources that patch something else. */
export function patchFunction(
  type: string,
  patch: unknown,
  { schema }: Pick<ResourceDefinition, 'schema'>,
): (current: KubeObject) => unknown {
  if (type === JSON_PATCH) {
    return (current) => applyJsonPatch(cloneJson(current) as unknown as JsonObject, patch);
  }
  if (!isJsonObject(patch)) {
    const found = Array.isArray(patch) ? 'array' : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    );
  }
  if (type === MERGE_PATCH) {
    return (current) => applyMergePatch(current as unknown as JsonObject, patch);
  }
  return (current) => applyStrategicMergePatch(current as unknown as JsonObject, patch, schema);
}

function handleApply(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
  subresource: Subresource | undefined,
  options: WriteOptions,
): ApiAnswer {
  if (!request.query.get('fieldManager')) {
    throw optionFault('Patch', fieldFault.required('fieldManager', 'is required for apply patch'));
  }
  const config = parseBody({ ...request, contentType: 'application/yaml' });
  if (!isJsonObject(config)) {
    const found = Array.isArray(config) ? 'array' : typeof config;
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    );
  }
  requireConfig(definition, config, request);
  requireNamed(config, request.target.name ?? '');
  const apply = {
    config: { ...config, metadata: addressed(config, request) },
    writer: { manager: options.fieldManager, subresource },
    force: request.query.get('force') === 'true',
  };
  const { namespace, name = '' } = request.target;
  const change = (current: KubeObject | undefined): unknown => {
    const applied = applyConfiguration(definition, current, apply, cluster.now());
    return withLastApplied(applied, config, apply.writer.manager);
  };
  if (!cluster.storage.get(definition.storage.table, namespace, name)) {
    if (subresource) throw notFound(definition, name);
    requireNoIdentity(definition, config, name);
    const created = cluster.writes.create(definition, namespace, change(undefined), options, true);
    return { status: 201, body: created };
  }
  const updated = cluster.writes.update(
    definition,
    namespace,
    name,
    { change, ownsTracking: true, ...(subresource ? { subresource } : {}) },
    options,
  );
  return { status: 200, body: updated };
}

/** An identity can only be that of an object that is there. */
function requireNoIdentity(definition: ResourceDefinition, config: JsonObject, name: string): void {
  const uid = valueAt(config, 'metadata.uid');
  if (!uid) return;
  const why = `uid mismatch: the provided object specified uid ${scalarText(uid)}, and no existing object was found`;
  throw conflict(definition, name, why);
}

function requireConfig(
  definition: ResourceDefinition,
  config: JsonObject,
  request: ApiRequest,
): void {
  const { apiVersion, kind } = config;
  const expected = apiVersionOf(definition);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw badRequest("Object 'Kind' is missing in the apply configuration");
  }
  if (apiVersion !== expected || kind !== definition.kind) {
    throw badRequest(`invalid object type: ${qualified(apiVersion)}, Kind=${kind}`);
  }
  const [problem] = typeProblems(definition, config);
  if (problem === undefined) return;
  const namespace = scalarText(valueAt(config, 'metadata.namespace'));
  const what = `${namespace}/${request.target.name}; ${qualified(expected)}, Kind=${definition.kind}`;
  throw new ApiError(500, '', `failed to create typed patch object (${what}): ${problem}`);
}

/** The core group has an empty name, which shows. */
function qualified(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
}

/** The configuration's metadata, with the name and namespace of the address. */
function addressed(config: JsonObject, { target }: ApiRequest): JsonObject {
  const metadata = isJsonObject(config['metadata']) ? config['metadata'] : {};
  return {
    name: target.name,
    ...(target.namespace === undefined ? {} : { namespace: target.namespace }),
    ...metadata,
  };
}
