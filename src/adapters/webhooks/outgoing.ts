import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { outOfReach, type Reach } from '../../ports/reach.ts';

/** One POST of JSON to an address that a manifest, a Secret or a flag names. */
export interface Post {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** For everything: name, connection, the whole answer. An hour at most. */
  readonly deadlineMs: number;
  readonly proxy?: string | undefined;
  /** Accept any certificate (`disableTLS` of a webhook). */
  readonly anyCertificate?: boolean;
  readonly signal: AbortSignal;
}

export type Answer =
  | {
      readonly kind: 'answered';
      readonly code: number;
      /** As much of it as came in time, at most `BODY_LIMIT` bytes. */
      readonly body: string;
      /** What `Retry-After` asks for. */
      readonly retryAfterMs: number | undefined;
    }
  /** Why there is no answer, without the address: that may be a secret. */
  | { readonly kind: 'unanswered'; readonly why: string; readonly isFinal: boolean };

export interface Outgoing {
  /** Never rejects. Sends once: whether to try again is for whoever knows what it means. */
  post(post: Post): Promise<Answer>;
  /** Why such a request would not be made at all, as far as that can be told without a look-up. */
  refusal(to: Pick<Post, 'url' | 'proxy'>): string | undefined;
  close(): Promise<void>;
}

/**
 * Requests to where users point Linnet: http and https only, as far as the allow list reaches, with a
 * deadline and a limit to what is read. No redirect is followed: where it leads nobody has named.
 */
export function createOutgoing(reach: Reach): Outgoing {
  const { lookup } = reach;
  const strict = new Agent({ connect: { lookup } });
  const lenient = new Agent({ connect: { lookup, rejectUnauthorized: false } });

  async function post(post: Post): Promise<Answer> {
    const refusal = refusalOf(post, reach);
    if (refusal !== undefined) return unanswered(refusal, true);
    const direct = post.anyCertificate === true ? lenient : strict;
    if (post.proxy === undefined) return exchange(post, direct);
    const requestTls = { rejectUnauthorized: post.anyCertificate !== true };
    const uri = withoutPath(post.proxy);
    const proxied = new ProxyAgent({ uri, proxyTls: { lookup }, requestTls });
    try {
      return await exchange(post, proxied);
    } finally {
      await proxied.destroy();
    }
  }

  return {
    post,
    refusal: (to) => refusalOf(to, reach),
    close: async () => {
      await Promise.all([strict.destroy(), lenient.destroy()]);
    },
  };
}

/** A proxy is a host; what else stands in its address, undici would throw at. */
function withoutPath(address: string): string {
  const url = new URL(address);
  url.pathname = '';
  url.search = '';
  url.hash = '';
  return url.href;
}

export const BODY_LIMIT = 64 * 1024;

/** Nothing is held open for longer, whatever a manifest says. */
const LONGEST_MS = 3_600_000;

async function exchange(post: Post, dispatcher: Dispatcher): Promise<Answer> {
  const deadlineMs = Math.min(post.deadlineMs, LONGEST_MS);
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([post.signal, deadline]);
  try {
    return await answerOf(await send(post, dispatcher, signal));
  } catch (error) {
    if (deadline.aborted) return unanswered(`no answer within ${deadlineMs / 1000} s`, false);
    if (post.signal.aborted) return unanswered('called off before an answer came', false);
    const refusal = outOfReach(error);
    return refusal === undefined
      ? unanswered(sentenceOf(codeOf(error)), false)
      : unanswered(refusal, true);
  }
}

function send(
  post: Post,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const url = new URL(post.url);
  return request(`${url.origin}${url.pathname}${url.search}`, {
    dispatcher,
    method: 'POST',
    headers: {
      'user-agent': 'linnet',
      'content-type': 'application/json',
      ...credentialsOf(url),
      ...post.headers,
    },
    body: JSON.stringify(post.body),
    signal,
    // One deadline holds for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const text = decodeURIComponent(`${username}:${password}`);
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` };
}

/** An answer is what its head says; a body that is cut, endless or slow changes nothing about it. */
async function answerOf(response: Dispatcher.ResponseData): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= BODY_LIMIT) break;
    }
  } catch {
    // What has come so far is all there is.
  }
  return {
    kind: 'answered',
    code: response.statusCode,
    body: Buffer.concat(chunks).subarray(0, BODY_LIMIT).toString(),
    retryAfterMs: retryAfterMs(response.headers['retry-after']),
  };
}

/** Where it leads is not shown: it may repeat a credential. */
export function redirected(code: number): string {
  return `answered ${code}, a redirect, which is not followed: name the address that it leads to`;
}

/** Seconds or a date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string') return undefined;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return ms >= 0 ? Math.ceil(ms) : undefined;
}

/** What keeps a request from being made at all; no address is shown: it may be a credential. */
function refusalOf({ url, proxy }: Pick<Post, 'url' | 'proxy'>, reach: Reach): string | undefined {
  const resolvedBy = proxy === undefined ? 'linnet' : 'proxy';
  const refusal = addressRefusal(url, reach, resolvedBy);
  if (refusal !== undefined || proxy === undefined) return refusal;
  return addressRefusal(proxy, reach, 'linnet')?.replace('the address', 'the address of the proxy');
}

function addressRefusal(
  text: string,
  reach: Reach,
  resolvedBy: 'linnet' | 'proxy',
): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || !hasPlainUser(url)) {
    return 'the address is not a URL that starts with http:// or https://';
  }
  return reach.refusal(url, resolvedBy);
}

/** Whether user and password, if there are any, can be decoded. */
function hasPlainUser({ username, password }: URL): boolean {
  return !/%(?![0-9a-f]{2})/i.test(username + password);
}

function unanswered(why: string, isFinal: boolean): Answer {
  return { kind: 'unanswered', why, isFinal };
}

/** The code of an error, its cause or its first part; of its text nothing is told. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

function sentenceOf(code: string): string {
  const known = SENTENCES[code];
  return known === undefined ? `no answer (${code})` : `${known} (${code})`;
}

const SENTENCES: Record<string, string> = {
  ECONNREFUSED: 'nobody listens at the address',
  ECONNRESET: 'the connection was cut before an answer came',
  UND_ERR_SOCKET: 'the connection was cut before an answer came',
  ENOTFOUND: 'the host name of the address does not resolve',
  EAI_AGAIN: 'the host name of the address does not resolve for now',
  EHOSTUNREACH: 'no way leads to the address',
  ENETUNREACH: 'no way leads to the address',
  ETIMEDOUT: 'nobody answers at the address',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers at the address',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by nobody who is trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is signed by nobody who is trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is signed by nobody who is trusted',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
};
