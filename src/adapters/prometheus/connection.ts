import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
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
}

/** What one client keeps for all its requests to a server. */
export interface Connection {
  /** Without user, password and a slash at the end. */
  readonly endpoint: string;
  readonly agents: { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent };
  /** Whether proxies of the environment are passed by: a proxy cannot reach our loopback. */
  readonly direct: boolean;
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
  const agents = agentsFor(options);
  const secrets = secretsOf(options, basic);
  return {
    endpoint: url.href.replace(/\/+$/, ''),
    agents,
    direct: LOOPBACK.test(url.hostname),
    headers: () => headersOf(options, basic, secrets),
    redact: (text) => [...secrets].reduce((rest, secret) => rest.replaceAll(secret, '***'), text),
    close: () => {
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function basicOf({ username, password }: URL): ServerOptions['basic'] {
  if (username === '') return undefined;
  return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
}

function agentsFor({ ca, insecureSkipVerify }: ServerOptions): Connection['agents'] {
  const keep = { keepAlive: true, maxSockets: 8 };
  return {
    httpAgent: new http.Agent(keep),
    httpsAgent: new https.Agent({
      ...keep,
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: insecureSkipVerify !== true,
    }),
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
    bearer !== undefined ? `Bearer ${bearer}` : basic !== undefined ? basicHeader(basic) : '';
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

function basicHeader({ username, password }: NonNullable<ServerOptions['basic']>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Headers may hold keys, and tenants: what is short is a tenant, and would only spoil the text. */
function secretsOf(options: ServerOptions, basic: ServerOptions['basic']): Set<string> {
  const headers = Object.values(options.headers ?? {}).flat();
  const found = [
    ...headers.filter((value) => value.length >= 8),
    options.token,
    basic?.password,
    basic === undefined ? undefined : basicHeader(basic).slice('Basic '.length),
  ];
  return new Set(found.filter((secret) => secret !== undefined).filter((secret) => secret !== ''));
}
