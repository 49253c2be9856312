import { lookup } from 'node:dns';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { basicHeader } from '../../api/basic-header.ts';
import { concealed, shownUrl } from '../../api/concealed.ts';
import { percentDecoded } from '../../api/percent.ts';
import { OutOfReach, type Reach } from '../../ports/reach.ts';
import { PrometheusError } from './errors.ts';

/** A Prometheus, or what speaks like one, and how to be let in. */
export interface ServerOptions {
  /** With the path under which it is served, if any. A user and password in it are used, never shown. */
  readonly url: string;
  readonly basic?: { readonly username: string; readonly password: string } | undefined;
  readonly token?: string | undefined;
  /** A bearer token that somebody else renews: read for every request. */
  readonly tokenFile?: string | undefined;
  /** PEM of the authorities that may have signed its certificate, instead of the usual ones. */
  readonly ca?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** Where the URL may lead, when a manifest names it; none for the controller's own. */
  readonly reach?: Reach | undefined;
}

/** What one client keeps for all its requests to a server. */
export interface Connection {
  /** Without user, password and a slash at the end. */
  readonly endpoint: string;
  /** The same as people may see it. */
  readonly shown: string;
  readonly agents: { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent };
  /** Whether proxies of the environment are passed by: a proxy cannot reach our loopback. */
  readonly direct: boolean;
  /** Why the server is not to be called; undefined when it may be, as far as its URL tells. */
  readonly refusal: string | undefined;
  /** Rejects with a `PrometheusError` when the token cannot be read. */
  headers(): Promise<Record<string, string | string[]>>;
  redact(text: string): string;
  close(): void;
}

/** @throws TypeError when the URL is none. */
export function connect(options: ServerOptions): Connection {
  const url = new URL(options.url);
  const basic = options.basic ?? basicOf(url);
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  const agents = agentsFor(options, url);
  const secrets = secretsOf(options, basic);
  return {
    endpoint: url.href.replace(/\/+$/, ''),
    shown: shownUrl(url),
    agents,
    direct: LOOPBACK.test(url.hostname),
    refusal: options.reach?.refusal(url, 'linnet'),
    headers: () => headersOf(options, basic, secrets),
    redact: (text) => concealed(text, [...secrets]),
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function basicOf({ username, password }: URL): ServerOptions['basic'] {
  if (username === '') return undefined;
  return { username: percentDecoded(username), password: percentDecoded(password) };
}

function agentsFor(
  { ca, insecureSkipVerify, reach }: ServerOptions,
  url: URL,
): Connection['agents'] {
  const guard = reach === undefined ? {} : { lookup: guarded(reach, url) };
  const keep = { keepAlive: true, maxSockets: 8, ...guard };
  return {
    httpAgent: new http.Agent(keep),
    httpsAgent: new https.Agent({
      ...keep,
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: insecureSkipVerify !== true,
    }),
  };
}

/** Another host than the URL's is a proxy of the environment, which resolves the name unseen. */
function guarded(reach: Reach, url: URL): LookupFunction {
  return (host, options, callback) => {
    if (host === url.hostname) return reach.lookup(host, options, callback);
    const refusal = reach.refusal(url, 'proxy');
    if (refusal === undefined) return lookup(host, options, callback);
    callback(new OutOfReach(refusal), '');
  };
}

async function headersOf(
  { headers = {}, token, tokenFile }: ServerOptions,
  basic: ServerOptions['basic'],
  secrets: Set<string>,
): Promise<Record<string, string | string[]>> {
  const own = Object.entries(headers).map(
    ([name, value]) => [name, typeof value === 'string' ? value : [...value]] as const,
  );
  const bearer = tokenFile === undefined ? token : await readToken(tokenFile, secrets);
  const authorization =
    bearer !== undefined
      ? `Bearer ${bearer}`
      : basic !== undefined
        ? basicHeader(basic.username, basic.password)
        : '';
  return {
    ...Object.fromEntries(own),
    ...(authorization === '' ? {} : { Authorization: authorization }),
  };
}

async function readToken(file: string, secrets: Set<string>): Promise<string> {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    if (token !== '') secrets.add(token);
    return token;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const sentence = `the token file ${file} of Prometheus cannot be read: ${why}`;
    throw new PrometheusError('credentials', sentence);
  }
}

/** Headers may hold keys, and tenants: what is short is a tenant, and would only spoil the text. */
function secretsOf(options: ServerOptions, basic: ServerOptions['basic']): Set<string> {
  const headers = Object.values(options.headers ?? {}).flat();
  const found = [
    options.url,
    ...headers.filter((value) => value.length >= 8),
    options.token,
    basic?.password,
    basic === undefined ? undefined : `${basic.username}:${basic.password}`,
  ];
  return new Set(found.filter((secret) => secret !== undefined).filter((secret) => secret !== ''));
}
