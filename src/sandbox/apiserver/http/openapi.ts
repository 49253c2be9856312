import { createHash } from 'node:crypto';

import { apiVersionOf, type ResourceDefinition } from '../objects/resource-definition.ts';
import type { ResourceRegistry } from '../objects/resource-registry.ts';
import type { Schema } from '../schema/schema.ts';

type Json = Record<string, unknown>;

/** The index of OpenAPI v3: one document for each group and version. */
export function openApiIndex(registry: ResourceRegistry): Json {
  const paths: Json = {};
  for (const [group, versions] of registry.groups()) {
    for (const version of versions) {
      const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
      const text = JSON.stringify(openApiDocument(registry, group, version));
      const hash = createHash('sha256').update(text).digest('hex').toUpperCase();
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
  }
  return { paths };
}

/**
 * The OpenAPI v3 document of one version: its schemas, and of its operations what kubectl looks
 * for, which is whether they know `fieldValidation` and which kind they are about.
 */
export function openApiDocument(registry: ResourceRegistry, group: string, version: string): Json {
  const definitions = registry.inVersion(group, version);
  const schemas: Json = {};
  const paths: Json = {};
  for (const definition of definitions) {
    const model = publishedName(definition.schema.model ?? definition.kind);
    publish(definition.schema, schemas);
    const published = schemas[model] as Json;
    published['x-kubernetes-group-version-kind'] = [kindOf(definition)];
    Object.assign(paths, operationsOf(definition, model));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'v1.34.4' },
    paths,
    components: { schemas },
  };
}

function kindOf({ group, version, kind }: ResourceDefinition): Json {
  return { group, version, kind };
}

function operationsOf(definition: ResourceDefinition, model: string): Json {
  const { group, resource, namespaced } = definition;
  const root = group === '' ? `/api/${definition.version}` : `/apis/${apiVersionOf(definition)}`;
  const collection = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${resource}`;
  const content = { 'application/json': { schema: reference(model) } };
  const operation = (action: string): Json => ({
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': kindOf(definition),
    parameters: WRITE_PARAMETERS,
    responses: { '200': { description: 'OK', content } },
  });
  return {
    [collection]: { post: operation('post') },
    [`${collection}/{name}`]: { put: operation('put'), patch: operation('patch') },
  };
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}));

function reference(model: string): Json {
  return { $ref: `#/components/schemas/${model}` };
}

/** Adds a schema under its name, and those it refers to; answers what stands in its place. */
function publish(schema: Schema, schemas: Json): Json {
  if (schema.model === undefined) return inline(schema, schemas);
  const name = publishedName(schema.model);
  if (schemas[name] === undefined) {
    schemas[name] = {};
    schemas[name] = inline(schema, schemas);
  }
  return { allOf: [reference(name)], default: {}, ...extensionsOf(schema) };
}

/** `V1PodSpec` becomes `io.k8s.api.v1.PodSpec`: explain shows what follows the last dot. */
function publishedName(model: string): string {
  const match =
    /^(?:Core|Discovery|Events|Rbac|Apiextensions)?(V\d+(?:(?:alpha|beta)\d+)?)(.+)$/.exec(model);
  const [, version = '', name = ''] = match ?? [];
  return match ? `io.k8s.api.${version.toLowerCase()}.${name}` : model;
}

function inline(schema: Schema, schemas: Json): Json {
  const {
    model: _model,
    absentWhenZero: _absentWhenZero,
    always: _always,
    properties,
    items,
    additionalProperties,
    ...rest
  } = schema;
  const published: Json = { ...rest };
  if (properties) {
    published['properties'] = Object.fromEntries(
      Object.entries(properties).map(([field, below]) => [field, publish(below, schemas)]),
    );
  }
  if (items) published['items'] = publish(items, schemas);
  if (typeof additionalProperties === 'object') {
    published['additionalProperties'] = publish(additionalProperties, schemas);
  } else if (additionalProperties !== undefined) {
    published['additionalProperties'] = additionalProperties;
  }
  return published;
}

/** What a place adds to a schema that is published once for all places, such as merge keys. */
function extensionsOf(schema: Schema): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => key.startsWith('x-kubernetes-patch')),
  );
}
