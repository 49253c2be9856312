import type { ListedObjects, ListQuery } from './list-objects.ts';

/** A list, to be shown in the form the client asked for. */
export class ListAnswer {
  readonly listed: ListedObjects;

  constructor(listed: ListedObjects) {
    this.listed = listed;
  }
}

/** What the query of a list asks for. */
export function listQuery(query: URLSearchParams): ListQuery {
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: Number(query.get('limit') || 0),
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
}
