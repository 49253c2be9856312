import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { delimiter, dirname, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { ClusterError } from '../../ports/cluster.ts';

export interface KubeconfigOptions {
  /** Path of a kubeconfig file; without one `KUBECONFIG`, `~/.kube/config`, the service account. */
  readonly kubeconfig?: string | undefined;
  /** Name of a context; without one the current context. */
  readonly context?: string | undefined;
}

/** The API server and as whom to speak to it. */
export interface Connection {
  /** `https://10.0.0.1:443`, without a slash at the end. */
  readonly server: string;
  readonly proxy: string | undefined;
  /** Namespace of the context or of the service account. */
  readonly namespace: string | undefined;
  /**
   * Headers and TLS material, read again from their files and plugins as these change. Rejects
   * with a `ClusterError` whose message holds no secret.
   */
  credentials(): Promise<Credentials>;
  /**
   * Says that the server refused these credentials. True when the next ones are others or will be
   * read anew, so that it is worth asking again.
   */
  refused(credentials: Credentials): boolean;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Tls;
}

/** In the names of `node:tls`. */
export interface Tls {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** How long credentials are used before their files are looked at again. */
const FRESH_MS = 10_000;

/** Throws a `ClusterError` that says which part of the configuration is wrong. */
export function connectionFrom(options: KubeconfigOptions = {}): Connection {
  let config = load(options);
  const { server, proxyUrl } = currentCluster(config);
  let known: { at: number; credentials: Promise<Credentials> } | undefined;
  /** The ones that `known` came to. */
  let current: Credentials | undefined;
  let renewedAt = -Infinity;

  return {
    server,
    proxy: proxyUrl,
    namespace: config.getContextObject(config.getCurrentContext())?.namespace?.trim(),
    credentials() {
      const now = performance.now();
      if (known === undefined || now - known.at > FRESH_MS) {
        const credentials = credentialsOf(config);
        known = { at: now, credentials };
        credentials.then(
          (found) => (current = found),
          () => (known = undefined),
        );
      }
      return known.credentials;
    },
    refused(credentials) {
      // Requests that were under way together are refused together: the first had them renewed.
      if (credentials !== current) return true;
      // A plugin may be slow and a wrong password stays wrong: not at every refusal.
      if (performance.now() - renewedAt < FRESH_MS) return false;
      renewedAt = performance.now();
      known = undefined;
      current = undefined;
      config = loadAgain(options, config);
      return true;
    },
  };
}

function load(options: KubeconfigOptions): KubeConfig {
  const config = new KubeConfig();
  const files = filesOf(options);
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault(undefined, true);
    else config.loadFromFile(options.kubeconfig);
    for (const file of files) rereadTokenFiles(config, file);
  } catch (error) {
    throw wrongConfig(`kubeconfig ${files.join(delimiter)}: ${sayWithoutContent(error)}`);
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  // The library asks for this before it speaks plain HTTP.
  for (const cluster of config.clusters) {
    if (cluster.server.startsWith('http:')) Object.assign(cluster, { skipTLSVerify: true });
  }
  return config;
}

function filesOf(options: KubeconfigOptions): string[] {
  if (options.kubeconfig !== undefined) return [options.kubeconfig];
  return (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
}

/** The library reads a user's `tokenFile` as `token-file`, and only once: have it reread. */
function rereadTokenFiles(config: KubeConfig, file: string): void {
  const { users } = parse(readFileSync(file, 'utf8')) as {
    users?: { name?: string; user?: { tokenFile?: string } }[] | null;
  };
  for (const { name, user } of users ?? []) {
    const known = config.users.find((candidate) => candidate.name === name);
    if (known === undefined || user?.tokenFile === undefined) continue;
    const tokenFile = resolve(dirname(file), user.tokenFile);
    Object.assign(known, { authProvider: { name: 'tokenFile', config: { tokenFile } } });
  }
}

/** Messages of YAML parsers quote the file, and kubeconfig files hold credentials. */
function sayWithoutContent(error: unknown): string {
  if (!(error instanceof Error)) return 'cannot be read';
  if ('code' in error && typeof error.code === 'string' && 'syscall' in error) {
    return `cannot be read (${error.code})`;
  }
  if (error.name.startsWith('YAML')) return 'is not valid YAML';
  return error instanceof TypeError ? 'is not a kubeconfig' : error.message;
}

function currentCluster(config: KubeConfig): { server: string; proxyUrl?: string | undefined } {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw wrongConfig(
      `kubeconfig: context ${context ? `'${context}'` : '(none is current)'} names no cluster, known contexts are ${config.contexts.map(({ name }) => name).join(', ') || 'none'}`,
    );
  }
  if (cluster.name === 'cluster' && cluster.server === 'http://localhost:8080') {
    throw wrongConfig(
      'no cluster is configured: set --kubeconfig or KUBECONFIG, or run with a service account',
    );
  }
  if (!URL.canParse(cluster.server)) {
    throw wrongConfig(`kubeconfig: the server of cluster '${cluster.name}' is not a URL`);
  }
  if (cluster.proxyUrl?.startsWith('socks')) {
    throw wrongConfig(
      `kubeconfig: proxy-url of cluster '${cluster.name}' is a SOCKS proxy, allowed is http:// or https://`,
    );
  }
  return cluster;
}

/** A file that is just being replaced is no reason to lose the configuration that worked. */
function loadAgain(options: KubeconfigOptions, before: KubeConfig): KubeConfig {
  try {
    return load(options);
  } catch {
    return before;
  }
}

async function credentialsOf(config: KubeConfig): Promise<Credentials> {
  const asked: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(asked);
  } catch (error) {
    throw noCredentials(config, error);
  }
  const { headers, auth, ca, cert, key, servername, rejectUnauthorized } = asked;
  return {
    headers: { ...textHeaders(headers), ...basic(auth) },
    tls: given({ ca, cert, key, servername, rejectUnauthorized }),
  };
}

function textHeaders(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name.toLowerCase(),
      String(value).trim(),
    ]),
  );
}

function basic(auth: string | null | undefined): Record<string, string> {
  return auth ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
}

function given(fields: Record<string, unknown>): Tls {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A plugin prints tokens, and parsers quote what they were given: nothing of it is repeated. */
function noCredentials(config: KubeConfig, error: unknown): ClusterError {
  const user = config.getCurrentUser();
  const why =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? ` (${error.code})`
      : '';
  const command: unknown = user?.exec?.command;
  const message =
    typeof command === 'string'
      ? `the exec plugin '${command}' of user '${user?.name}' gave no credentials${why}: run it by hand to see why`
      : `the credentials of user '${user?.name}' cannot be read${why}`;
  return new ClusterError(message, { code: 0, reason: 'NoCredentials' });
}

function wrongConfig(message: string): ClusterError {
  return new ClusterError(message, { code: 0, reason: 'WrongKubeconfig' });
}
