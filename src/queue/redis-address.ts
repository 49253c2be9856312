import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** `replyMapping` chooses an overload of the constructors; all others share one. */
type Options = Omit<RedisOptions, 'replyMapping'>;

/** Where the Redis is that replicas share, as the configuration says it. */
export interface RedisAddress {
  /**
   * `redis://`, `rediss://` (TLS), `unix:///path`, `redis+sentinel://a:26379,b:26379/NAME`, or
   * `redis+cluster://a:6379,b:6379` (`rediss+...` with TLS). User and password may stand in it.
   */
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string | undefined;
}

/** What is wrong with the address, in one sentence that repeats no password; undefined: nothing. */
export function addressProblem({ url }: RedisAddress): string | undefined {
  const parts = partsOf(url);
  if (parts === undefined) {
    return `the Redis URL is none; allowed is ${SCHEMES.join(', ')}, each with a host, or unix:///path`;
  }
  if (!isDecodable(parts)) {
    return 'the user or the password in the Redis URL is not percent-encoded; write % as %25, or set LINNET_REDIS_PASSWORD';
  }
  if (parts.mode === 'sentinel' && parts.path === '') {
    return 'the Redis URL of a Sentinel lacks the name of its master: redis+sentinel://HOST:PORT/NAME';
  }
  return undefined;
}

/**
 * A client that never keeps commands waiting for a server that is away: with Redis gone, work goes
 * on in process and must not hang (DESIGN section 7).
 */
export function connect(address: RedisAddress, forWorker = false): Redis | Cluster {
  const parts = partsOf(address.url);
  if (parts === undefined) throw new Error(addressProblem(address));
  const options: Options = {
    ...credentials(address, parts),
    ...(parts.tls ? { tls: tlsOptions(address) } : {}),
    maxRetriesPerRequest: forWorker ? null : 0,
    enableOfflineQueue: forWorker,
    connectTimeout: 5000,
    retryStrategy: reconnectAfter,
    reconnectOnError: whenDemoted(),
  };
  switch (parts.mode) {
    case 'unix':
      return new Redis({ ...options, path: parts.path });
    case 'single': {
      const [host] = parts.hosts;
      return new Redis({ ...options, ...host, db: Number(parts.path || 0) });
    }
    case 'sentinel':
      return new Redis({ ...options, sentinels: parts.hosts, name: parts.path });
    case 'cluster':
      return new Cluster(parts.hosts, {
        redisOptions: options,
        enableOfflineQueue: forWorker,
        clusterRetryStrategy: reconnectAfter,
      });
  }
}

/**
 * Prefix of every key. It carries the cluster's identity, so that two clusters may share a Redis;
 * the namespace and the selector, where not all Canaries are watched, because whoever takes a key of one
 * that it does not watch would drop it; and is a hash tag, so that a Redis Cluster keeps a queue's keys
 * in one slot.
 */
export function keyPrefix(
  clusterUid: string,
  { namespace, selector }: { namespace?: string | undefined; selector?: string | undefined } = {},
): string {
  const chosen = selector && createHash('sha256').update(selector).digest('hex').slice(0, 16);
  const parts = ['linnet', clusterUid, namespace, chosen && `labels-${chosen}`];
  return `{${parts.filter((part) => part !== undefined).join(':')}}`;
}

function isDecodable({ username, password }: Parts): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

interface Parts {
  readonly mode: 'single' | 'unix' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  /** As they stand in the URL. */
  readonly username: string;
  readonly password: string;
  readonly hosts: { host: string; port: number }[];
  /** Socket path, database number or name of the master. */
  readonly path: string;
}

const SCHEMES = ['redis://', 'rediss://', 'redis+sentinel://', 'redis+cluster://'];

const SHAPE =
  /^(?<scheme>rediss?)(?:\+(?<mode>sentinel|cluster))?:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^/@]+)(?:\/(?<path>[^/?]*))?$/;

function partsOf(url: string): Parts | undefined {
  const none = { username: '', password: '' };
  if (url.startsWith('unix:///')) {
    return { mode: 'unix', tls: false, ...none, hosts: [], path: url.slice('unix://'.length) };
  }
  const groups = SHAPE.exec(url)?.groups;
  if (groups === undefined) return undefined;
  const mode = (groups['mode'] ?? 'single') as Parts['mode'];
  const usual = mode === 'sentinel' ? 26379 : 6379;
  return {
    mode,
    tls: groups['scheme'] === 'rediss',
    username: groups['username'] ?? '',
    password: groups['password'] ?? '',
    hosts: (groups['hosts'] ?? '').split(',').map((text) => hostOf(text, usual)),
    path: groups['path'] ?? '',
  };
}

function hostOf(text: string, usualPort: number): { host: string; port: number } {
  const [, host = text, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? usualPort) };
}

function credentials(address: RedisAddress, parts: Parts): Options {
  const username = address.username ?? decodeURIComponent(parts.username);
  const password = address.password ?? decodeURIComponent(parts.password);
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

function tlsOptions({ caFile }: RedisAddress): NonNullable<Options['tls']> {
  return caFile === undefined ? {} : { ca: readFileSync(caFile) };
}

/**
 * A master that has become a replica keeps its connections. Its address leads to the new master by
 * then, but only who connects anew gets there; again after a while, where it does not yet.
 */
function whenDemoted(): (error: Error) => boolean {
  let last = -Infinity;
  return ({ message }) => {
    const now = performance.now();
    if (!message.startsWith('READONLY ') || now - last < RECONNECT_EVERY_MS) return false;
    last = now;
    return true;
  };
}

const RECONNECT_EVERY_MS = 2000;

/** At most two seconds: when Redis is back, it is used soon. */
function reconnectAfter(attempt: number): number {
  return Math.min(2000, 100 * 2 ** Math.min(attempt, 5));
}
