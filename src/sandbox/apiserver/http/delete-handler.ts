import {
  optionFault,
  isDryRun,
  parseBody,
  type ApiAnswer,
  type ApiRequest,
} from './api-request.ts';
import type { Cluster } from '../cluster.ts';
import type { DeleteInput, JsonObject, KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { isJsonObject, scalarText } from '../values/json-tree.ts';
import { listObjects } from './list-objects.ts';
import { ListAnswer, listQuery } from './list-answer.ts';

/** DELETE of one object: the object while it is still there, else a Status. */
export function deleteOne(
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

/** DELETE of all objects that a list with the same query would show. */
export function deleteCollection(
  cluster: Cluster,
  definition: ResourceDefinition,
  request: ApiRequest,
): ApiAnswer {
  const { namespace } = request.target;
  const listed = listObjects(cluster.storage, definition, namespace, listQuery(request.query));
  const { dryRun, ...options } = deleteOptions(request);
  for (const { metadata } of listed.items) {
    cluster.deletion.delete(definition, metadata.namespace, metadata.name, options, dryRun);
  }
  return { status: 200, body: new ListAnswer(listed) };
}

const POLICIES: readonly unknown[] = ['Foreground', 'Background', 'Orphan', 'nil'];

/** DeleteOptions come in the query or, more often, in the body. */
function deleteOptions({ query, ...request }: ApiRequest): DeleteInput & { dryRun: boolean } {
  const body = request.body.length === 0 ? {} : parseBody({ query, ...request });
  const given: JsonObject = isJsonObject(body) ? body : {};
  const stages = Array.isArray(given['dryRun'])
    ? given['dryRun'].map((one) => scalarText(one))
    : query.getAll('dryRun');
  const inQuery = query.get('gracePeriodSeconds');
  const grace = given['gracePeriodSeconds'] ?? (inQuery ? Number(inQuery) : undefined);
  const policy = policyOf(given, query);
  const { preconditions } = given;
  return {
    dryRun: isDryRun(stages, 'Delete'),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(isJsonObject(preconditions) ? { preconditions } : {}),
  };
}

/** `orphanDependents` is the older way of asking for the policy `Orphan`. */
function policyOf(given: JsonObject, query: URLSearchParams): DeleteInput['propagationPolicy'] {
  const policy = given['propagationPolicy'] ?? query.get('propagationPolicy');
  if (policy !== null && policy !== undefined) {
    if (POLICIES.includes(policy)) return policy as DeleteInput['propagationPolicy'];
    throw optionFault('Delete', fieldFault.notSupported('propagationPolicy', policy, POLICIES));
  }
  const orphan = given['orphanDependents'] ?? query.get('orphanDependents');
  return orphan === true || orphan === 'true' ? 'Orphan' : undefined;
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
