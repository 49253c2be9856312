/** What a path of the API is about. */
export type RequestTarget =
  { type: 'resource'; target: ResourceTarget } | { type: 'document'; path: string };

export interface ResourceTarget {
  group: string;
  version: string;
  resource: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

/** Reads `/api/v1/...` and `/apis/GROUP/VERSION/...`; everything else is a document of the server. */
export function parseTarget(path: string): RequestTarget {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const core = parts[0] === 'api' && parts.length > 2;
  const grouped = parts[0] === 'apis' && parts.length > 3;
  if (!core && !grouped) return { type: 'document', path };
  const [group, version, ...rest] = core ? ['', ...parts.slice(1)] : parts.slice(1);
  return {
    type: 'resource',
    target: { group: group ?? '', version: version ?? '', ...below(rest) },
  };
}

/** Namespaces are themselves a resource, and `status` and `finalize` of theirs are subresources. */
function below(
  parts: string[],
): Pick<ResourceTarget, 'resource' | 'namespace' | 'name' | 'subresource'> {
  const isScoped =
    parts[0] === 'namespaces' &&
    parts.length > 2 &&
    !(parts.length === 3 && ['status', 'finalize'].includes(parts[2] ?? ''));
  const namespace = isScoped ? parts[1] : undefined;
  const [resource = '', name, ...subresource] = isScoped ? parts.slice(2) : parts;
  return {
    resource,
    namespace,
    name,
    subresource: subresource.length > 0 ? subresource.join('/') : undefined,
  };
}
