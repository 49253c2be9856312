import type { HeaderOperations, Redirect, Rewrite } from './istio-resources.ts';
import type { Header, MeshRequest } from './mesh-request.ts';
import { pathOf } from './request-match.ts';
import type { Route } from './route-table.ts';

/** The request as the upstream gets it. */
export function rewritten(request: MeshRequest, route: Route): MeshRequest {
  const { rewrite } = route.spec;
  if (rewrite === undefined) return request;
  return {
    ...request,
    authority: rewrite.authority ?? request.authority,
    path: rewrittenPath(request.path, rewrite, route),
  };
}

/** With request operations: names in lower case, repeated values joined by commas. */
export function withRequestHeaders(
  request: MeshRequest,
  operations: readonly (HeaderOperations | undefined)[],
): MeshRequest {
  const headers = applied(Object.entries(request.headers), operations);
  const merged: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    merged[key] = merged[key] === undefined ? value : `${merged[key]},${value}`;
  }
  const { ':authority': pseudo, host = pseudo, ...rest } = merged;
  return { ...request, headers: rest, authority: host ?? request.authority };
}

/** Removed, then set, then added, as Envoy does. */
export function applied(
  headers: readonly Header[],
  operations: readonly (HeaderOperations | undefined)[],
): Header[] {
  let result = [...headers];
  for (const { remove = [], set = {}, add = {} } of operations.filter((one) => one !== undefined)) {
    const gone = new Set([...remove, ...Object.keys(set)].map((name) => name.toLowerCase()));
    result = result.filter(([name]) => !gone.has(name.toLowerCase()));
    result.push(...Object.entries(set), ...Object.entries(add));
  }
  return result;
}

/** The answer that sends the client elsewhere. */
export function redirection(request: MeshRequest, redirect: Redirect) {
  const { scheme = 'http', authority = request.authority, port, redirectCode = 301 } = redirect;
  const host = port === undefined ? authority : `${authority.replace(/:\d+$/, '')}:${port}`;
  const path = redirect.uri ?? request.path;
  return { status: redirectCode, location: `${scheme}://${host}${path}` };
}

function rewrittenPath(path: string, rewrite: Rewrite, { matches }: Route): string {
  const { uri, uriRegexRewrite } = rewrite;
  const plain = pathOf(path);
  const query = path.slice(plain.length);
  if (uriRegexRewrite?.match !== undefined) {
    const replacement = (uriRegexRewrite.rewrite ?? '').replaceAll(/\\(\d)/g, '$$$1');
    return plain.replaceAll(new RegExp(uriRegexRewrite.match, 'g'), replacement) + query;
  }
  if (uri === undefined) return path;
  const prefix = matches
    .map((match) => match.uri?.prefix)
    .find((one) => one && plain.startsWith(one));
  return (prefix === undefined ? uri : uri + plain.slice(prefix.length)) + query;
}
