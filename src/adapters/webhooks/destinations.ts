import type { AlertProvider } from '../../api/alert-provider.ts';
import { headersOf } from '../../api/header-lines.ts';
import { parseAlertProvider } from '../../api/parse.ts';
import { problemSentence } from '../../api/problem.ts';
import { ClusterError, type ApiClient, type KubeObject } from '../../ports/cluster.ts';
import { SECRET } from '../../ports/kinds.ts';
import type { Destination } from './messages/format.ts';

/** Why there is nowhere to send to. It may still appear, so it is worth another try. */
export interface Missing {
  /** Follows the name of the provider. */
  readonly missing: string;
  /** CamelCase, for the reason of a condition. */
  readonly reason: string;
  /** It is not the manifests that are wrong: the API server did not answer as it should. */
  readonly passes?: boolean;
}

/**
 * Where an AlertProvider wants its messages, its Secret read live: Linnet keeps no Secrets. What is
 * missing is said in one sentence.
 */
export async function destinationOf(
  raw: KubeObject | undefined,
  api: Pick<ApiClient, 'get'>,
): Promise<Destination | Missing> {
  if (raw === undefined) return { missing: 'does not exist', reason: 'ProviderMissing' };
  const read = parseAlertProvider(raw);
  if (!read.ok) {
    const missing = `is wrong: ${read.problems.map(problemSentence).join('; ')}`;
    return { missing, reason: 'ProviderInvalid' };
  }
  const { spec, metadata } = read.provider;
  if (spec.secretRef === undefined) return assembled(spec, {}, '');
  const secret = await secretData(metadata.namespace, spec.secretRef.name, api);
  if ('missing' in secret) return secret;
  return assembled(spec, secret.data, `Secret ${metadata.namespace}/${spec.secretRef.name}`);
}

type Data = Partial<Record<'address' | 'token' | 'proxy' | 'headers', string>>;

async function secretData(
  namespace: string,
  name: string,
  api: Pick<ApiClient, 'get'>,
): Promise<{ data: Data } | Missing> {
  const where = `Secret ${namespace}/${name}`;
  try {
    const secret = await api.get(SECRET, namespace, name);
    if (secret === undefined) {
      return { missing: `names ${where}, which does not exist`, reason: 'SecretMissing' };
    }
    return { data: decoded(secret['data']) };
  } catch (error) {
    const why = error instanceof ClusterError ? `${error.code} ${error.reason}` : 'unknown error';
    const missing = `names ${where}, which could not be read (${why})`;
    return { missing, reason: 'SecretUnreadable', passes: !isForbidden(error) };
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof ClusterError && error.code === 403;
}

/** A line break at the end is how most files are written, and part of no value. */
function decoded(data: unknown): Data {
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(
    entries
      .map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString().trim()])
      .filter(([, value]) => value !== ''),
  ) as Data;
}

function assembled(spec: AlertProvider['spec'], data: Data, where: string): Destination | Missing {
  const isBot = spec.type === 'slack' && data.token !== undefined;
  const address = data.address ?? spec.address ?? (isBot ? SLACK_API : undefined);
  if (address === undefined) {
    const missing = `has no address: ${where} lacks the key 'address'`;
    return { missing, reason: 'SecretKeyMissing' };
  }
  if (isBot && spec.channel === undefined) {
    const missing = `posts with a bot token, which needs spec.channel`;
    return { missing, reason: 'ProviderInvalid' };
  }
  const headers = headersOf(data.headers ?? '');
  if (headers === undefined) {
    const missing = `cannot use the key 'headers' of ${where}: allowed are lines 'Name: value'`;
    return { missing, reason: 'SecretInvalid' };
  }
  return {
    type: spec.type,
    address,
    channel: spec.channel,
    username: spec.username,
    token: data.token,
    proxy: data.proxy ?? spec.proxy,
    headers,
  };
}

export const SLACK_API = 'https://slack.com/api/chat.postMessage';
