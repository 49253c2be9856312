import { badRequest, expired, invalid } from '../objects/api-errors.ts';
import { ApiError, type KubeObject } from '../cluster-state.ts';
import { fieldFault } from '../objects/field-faults.ts';
import type { ResourceDefinition } from '../objects/resource-definition.ts';
import { parseSelectors } from './selectors.ts';
import type { Storage } from '../objects/storage.ts';
import type { ListMeta } from '../table/table.ts';

export interface ListedObjects {
  metadata: ListMeta;
  items: KubeObject[];
}

/** What a list request asks for, as the query says it. */
export interface ListQuery {
  labelSelector: string;
  fieldSelector: string;
  limit: number;
  continueToken: string;
  resourceVersion: string;
  resourceVersionMatch: string;
}

interface Position {
  revision: number;
  /** The last object of the page before, as `namespace/name`. */
  after: string;
}

/**
 * One page of a list. The pages of one list show one moment: the token carries its revision.
 * Throws BadRequest for a malformed query, Expired when the moment is no longer known.
 */
export function listObjects(
  storage: Storage,
  definition: ResourceDefinition,
  namespace: string | undefined,
  query: ListQuery,
): ListedObjects {
  const matches = parseSelectors(definition, query.labelSelector, query.fieldSelector);
  const start = startOf(storage, query);
  const { table, decode } = definition.storage;
  const all = storage
    .listAt(table, start.revision, namespace)
    .map(decode)
    .filter((object) => matches(object));
  const ahead = all.filter((object) => keyOf(object) > start.after);
  const items = query.limit > 0 ? ahead.slice(0, query.limit) : ahead;
  const left = ahead.length - items.length;
  const last = items.at(-1);
  const metadata: ListMeta = { resourceVersion: String(start.revision) };
  if (left > 0 && last) {
    metadata.continue = encodePosition({ revision: start.revision, after: keyOf(last) });
    const isSelective = query.labelSelector !== '' || query.fieldSelector !== '';
    if (!isSelective) metadata.remainingItemCount = left;
  }
  return { metadata, items };
}

/** Reads a resourceVersion; throws Invalid for what is none. */
function parseRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
  );
}

function startOf(storage: Storage, query: ListQuery): Position {
  if (query.continueToken !== '') return continued(storage, query);
  const { resourceVersion, resourceVersionMatch } = query;
  const now = { revision: storage.revision, after: '' };
  if (resourceVersion === '') {
    if (resourceVersionMatch === '') return now;
    const detail = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      fieldFault.forbidden('resourceVersionMatch', detail),
    ]);
  }
  const revision = parseRevision(resourceVersion);
  if (revision > storage.revision) throw tooLarge(revision, storage.revision);
  if (resourceVersionMatch === 'Exact' && revision > 0) {
    storage.eventsSince(revision);
    return { revision, after: '' };
  }
  return now;
}

function continued(storage: Storage, query: ListQuery): Position {
  if (query.resourceVersion !== '' && query.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  const position = decodePosition(query.continueToken);
  try {
    storage.eventsSince(position.revision);
  } catch {
    throw expired(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    );
  }
  return position;
}

function tooLarge(asked: number, current: number): ApiError {
  const message = `Too large resource version: ${asked}, current: ${current}`;
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });
}

function encodePosition(position: Position): string {
  const token = { v: 'meta.k8s.io/v1', rv: position.revision, start: position.after };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function decodePosition(token: string): Position {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<
      string,
      unknown
    >;
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start };
  } catch {
    // Falls through to the one refusal for every token that is not ours.
  }
  throw badRequest(
    'invalid continue token: continue key is not valid: the token was not issued by this server',
  );
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
