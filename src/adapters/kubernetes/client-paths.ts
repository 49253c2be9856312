import type { ListOptions, ResourceKind, WriteOptions } from '../../ports/cluster.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** `/apis/apps/v1/namespaces/shop/deployments/web/status` */
export function objectPath(
  kind: ResourceKind,
  namespace: string | undefined,
  name: string,
  subresource?: 'status',
): string {
  const path = `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** `/apis/apps/v1/namespaces/shop/deployments`; without a namespace that of the whole cluster. */
export function collectionPath(kind: ResourceKind, namespace: string | undefined): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${kind.resource}`;
}

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

export function selectors(options: ListOptions): Query {
  return { labelSelector: options.labelSelector, fieldSelector: options.fieldSelector };
}

/** The name under which the API server notes which fields Linnet set. */
const FIELD_MANAGER = 'linnet';

export function writeQuery(options: WriteOptions): Query {
  return {
    fieldManager: FIELD_MANAGER,
    dryRun: options.dryRun === true ? 'All' : undefined,
    force: options.force === true ? 'true' : undefined,
  };
}
