import type { HttpMatch, StringMatch } from './istio-resources.ts';
import { splitAuthority } from './host-names.ts';
import type { Caller, MeshRequest } from './mesh-request.ts';

/** Compiled once for each configuration, asked for each request. */
export type RequestTest = (request: MeshRequest, caller: Caller) => boolean;

/** Whether any of the matches fits; all of the conditions in a match have to. None: always. */
export function anyMatch(matches: readonly HttpMatch[]): RequestTest {
  if (matches.length === 0) return () => true;
  const tests = matches.map(compileMatch);
  return (request, caller) => tests.some((test) => test(request, caller));
}

function compileMatch(match: HttpMatch): RequestTest {
  const tests: RequestTest[] = [
    ...uriTests(match),
    ...plainTests(match),
    ...headerTests(match.headers, true),
    ...headerTests(match.withoutHeaders, false),
    ...queryTests(match.queryParams),
    ...callerTests(match),
  ];
  return (request, caller) => tests.every((test) => test(request, caller));
}

function uriTests({ uri, ignoreUriCase = false }: HttpMatch): RequestTest[] {
  if (uri === undefined) return [];
  const test = compileString(uri, ignoreUriCase);
  return [({ path }) => test(pathOf(path))];
}

function plainTests({ scheme, method, authority, port }: HttpMatch): RequestTest[] {
  const tests: RequestTest[] = [];
  if (scheme !== undefined) tests.push(() => compileString(scheme)('http'));
  if (method !== undefined) {
    const test = compileString(method);
    tests.push((request) => test(request.method));
  }
  if (authority !== undefined) {
    const test = compileString(authority);
    tests.push((request) => test(request.authority));
  }
  if (port !== undefined) {
    tests.push((request) => (splitAuthority(request.authority).port ?? 80) === port);
  }
  return tests;
}

/** Of `withoutHeaders` a header that is absent passes; of `headers` it never does. */
function headerTests(
  matches: Record<string, StringMatch> | undefined,
  wanted: boolean,
): RequestTest[] {
  return Object.entries(matches ?? {}).map(([name, match]) => {
    const test = compileString(match);
    return ({ headers }) => {
      const value = headers[name.toLowerCase()];
      return (value !== undefined && test(value)) === wanted;
    };
  });
}

function queryTests(matches: Record<string, StringMatch> = {}): RequestTest[] {
  return Object.entries(matches).map(([name, match]) => {
    const test = compileString(match);
    return ({ path }) => {
      const value = new URLSearchParams(queryOf(path)).get(name);
      return value !== null && test(value);
    };
  });
}

/** What a match says of the caller counts for sidecars only. */
function callerTests({ sourceLabels = {}, sourceNamespace }: HttpMatch): RequestTest[] {
  const labels = Object.entries(sourceLabels);
  return [
    (_, caller) =>
      caller.proxy === 'gateway' ||
      (labels.every(([key, value]) => caller.labels[key] === value) &&
        (sourceNamespace === undefined || caller.namespace === sourceNamespace)),
  ];
}

/** An empty match asks only that there is a value. A regular expression means the whole value. */
function compileString(match: StringMatch, ignoreCase = false): (value: string) => boolean {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
  const { exact, prefix, regex } = match;
  if (exact !== undefined) return (value) => fold(value) === fold(exact);
  if (prefix !== undefined) return (value) => fold(value).startsWith(fold(prefix));
  if (regex === undefined) return () => true;
  const whole = new RegExp(`^(?:${regex})$`, ignoreCase ? 'i' : '');
  return (value) => whole.test(value);
}

export function pathOf(pathAndQuery: string): string {
  return pathAndQuery.split('?', 1)[0] ?? '';
}

function queryOf(pathAndQuery: string): string {
  const start = pathAndQuery.indexOf('?');
  return start < 0 ? '' : pathAndQuery.slice(start + 1);
}
