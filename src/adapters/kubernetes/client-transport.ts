import { type Dispatcher, Agent, ProxyAgent, request as send } from 'undici';
import { concealed } from '../../api/concealed.ts';
import type { ClusterError } from '../../ports/cluster.ts';
import { type Asked, noAnswerOf, refusalOf } from './client-errors.ts';
import { Failure } from './client-retries.ts';
import type { ServerClock } from './clock.ts';
import type { Connection, Credentials, Tls } from './kubeconfig.ts';

export interface Exchange extends Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query. */
  readonly path: string;
  readonly accept?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** A success, its body not yet read. */
export interface Answer {
  readonly code: number;
  readonly body: Dispatcher.ResponseData['body'];
}

export interface Transport {
  /**
   * Sends once. `signal` ends it, the reading of the body included, and its reason is told.
   * Rejects with a `Failure`.
   */
  send(exchange: Exchange, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly connection: Connection;
  readonly userAgent: string;
  readonly clock?: ServerClock | undefined;
}

/** HTTP/1.1 over one pool of connections, which is renewed when certificates are. */
export function transport({ connection, userAgent, clock }: TransportOptions): Transport {
  const pools = poolFor(connection);
  const { origin, pathname } = new URL(connection.server);
  const prefix = pathname.replace(/\/$/, '');

  return {
    async send(exchange, signal) {
      const credentials = await credentialsOf(connection, exchange, signal);
      const sentAt = performance.now();
      const answer = await send(`${origin}${prefix}${exchange.path}`, {
        dispatcher: pools.of(credentials),
        method: exchange.method,
        headers: headersOf(exchange, userAgent, credentials),
        body: exchange.body === undefined ? null : JSON.stringify(exchange.body),
        signal,
        // The deadline is the signal's; a watch may be silent for as long as its watcher bears it.
        headersTimeout: 0,
        bodyTimeout: 0,
      }).catch((error: unknown) => {
        throw failureOf(exchange, error, signal);
      });
      clock?.observe(headerText(answer.headers['date']), sentAt, performance.now());
      if (answer.statusCode < 300) return { code: answer.statusCode, body: answer.body };
      const renewed = answer.statusCode === 401 && connection.refused(credentials);
      throw await refused(exchange, answer, signal, { renewed, credentials });
    },
    close: () => pools.close(),
  };
}

/** Reads what is left of a success as JSON. Rejects with a `Failure`. */
export async function readJson(
  exchange: Exchange,
  answer: Answer,
  signal: AbortSignal,
): Promise<unknown> {
  const body = await answer.body.text().catch((error: unknown) => {
    throw failureOf(exchange, error, signal);
  });
  const json = parsed(body);
  if (json !== undefined) return json;
  throw new Failure(noAnswerOf(exchange, `${answer.code} with a body that is not JSON`));
}

/** Turns what undici throws into a `Failure`; of the error only its code is told. */
export function failureOf(exchange: Exchange, error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) {
    const why: unknown = signal.reason;
    return new Failure(noAnswerOf(exchange, why instanceof Error ? why.message : 'called off'), {
      aborted: exchange.signal?.aborted === true,
    });
  }
  const code = codeOf(error);
  return new Failure(noAnswerOf(exchange, code), { unsent: UNSENT.has(code) });
}

/** Codes of errors that come before the first byte of a request has left. */
const UNSENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Happy eyeballs: one error for each address.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

/** A plugin that hangs must not outlast the deadline. */
async function credentialsOf(
  connection: Connection,
  exchange: Exchange,
  signal: AbortSignal,
): Promise<Credentials> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(failureOf(exchange, undefined, signal));
    signal.addEventListener('abort', giveUp, { once: true });
    const refuse = (error: unknown) => reject(new Failure(error as ClusterError));
    const end = () => signal.removeEventListener('abort', giveUp);
    connection.credentials().then(resolve, refuse).finally(end);
  });
}

function headersOf(
  exchange: Exchange,
  userAgent: string,
  credentials: Credentials,
): Record<string, string> {
  return {
    ...credentials.headers,
    'user-agent': userAgent,
    accept: exchange.accept ?? 'application/json',
    ...(exchange.body !== undefined && {
      'content-type': exchange.contentType ?? 'application/json',
    }),
  };
}

async function refused(
  exchange: Exchange,
  answer: Dispatcher.ResponseData,
  signal: AbortSignal,
  { renewed, credentials }: { renewed: boolean; credentials: Credentials },
): Promise<Failure> {
  const text = await answer.body.text().catch((error: unknown) => {
    throw failureOf(exchange, error, signal);
  });
  const body = concealed(text, Object.values(credentials.headers));
  const retryAfterMs = retryAfter(headerText(answer.headers['retry-after']));
  return new Failure(refusalOf(exchange, answer.statusCode, parsed(body), retryAfterMs), {
    renewed,
  });
}

/** The API server sends seconds; whoever stands between may send a date. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) || ms < 0 ? undefined : ms;
}

function headerText(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

interface Pools {
  of(credentials: Credentials): Dispatcher;
  close(): Promise<void>;
}

/** One pool at a time. A pool whose certificates are outdated ends with its last request. */
function poolFor(connection: Connection): Pools {
  let current: { credentials: Credentials; tls: string; pool: Dispatcher } | undefined;
  return {
    of(credentials) {
      if (current?.credentials === credentials) return current.pool;
      const tls = JSON.stringify(credentials.tls);
      if (current?.tls !== tls) {
        void current?.pool.close();
        current = { credentials, tls, pool: poolOf(connection, credentials.tls) };
      }
      current.credentials = credentials;
      return current.pool;
    },
    async close() {
      await current?.pool.destroy();
      current = undefined;
    },
  };
}

function poolOf(connection: Connection, tls: Tls): Dispatcher {
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 };
  const options = { allowH2: false, keepAliveTimeout: 30_000, connections: CONNECTIONS };
  return connection.proxy === undefined
    ? new Agent({ ...options, connect: { ...tls, ...keepAlive } })
    : new ProxyAgent({ ...options, uri: connection.proxy, requestTls: tls, connect: keepAlive });
}

/** So many requests, watches included, are under way at once: a burst waits here and not there. */
const CONNECTIONS = 100;
