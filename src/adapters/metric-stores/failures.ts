import { outOfReach } from '../../ports/reach.ts';
import { secretError } from './secret-keys.ts';
import { StoreError, wrongQuery } from './store.ts';

/** What is known of an answer that is no success. */
export interface Refused {
  readonly status: number;
  /** What it asks for before the next request; undefined: nothing. */
  readonly retryAfterMs?: number | undefined;
}

/** What an answer that is no success says of itself. */
export interface Failure {
  readonly words: string;
  /** What it means, where the status alone would mislead. */
  readonly kind?: 'busy' | 'credentials' | 'query' | 'store' | undefined;
}

/** @param whom `Datadog at https://api.datadoghq.com`. @param failure its words without secrets. */
export function refusalOf(
  whom: string,
  { status, retryAfterMs = BUSY_MS }: Refused,
  { words, kind }: Failure,
): StoreError {
  const because = words === '' ? '' : `: ${words}`;
  switch (kind ?? meaningOf(status)) {
    case 'query':
      return wrongQuery(`${whom} refused the query with ${status}${because}`);
    case 'credentials':
      return secretError(`${whom} refused the credentials with ${status}${because}`, OUTAGE);
    case 'busy':
      return provider(`${whom} takes no more requests for now (${status})${because}`, retryAfterMs);
    case 'redirect':
      return address(
        `${whom} answered ${status}, a redirect, which is not followed: name the address that it leads to`,
      );
    case 'nothing there':
      return address(`${whom} answered ${status}${because}`);
    case 'store':
      return provider(`${whom} answered ${status}${because}`);
  }
}

function meaningOf(status: number): NonNullable<Failure['kind']> | 'redirect' | 'nothing there' {
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 400 || status === 422) return 'query';
  if (status === 401 || status === 403) return 'credentials';
  if (status === 404) return 'nothing there';
  return status === 429 ? 'busy' : 'store';
}

/** The allow list keeps Linnet from the address. */
export function notCalled(whom: string, refusal: string): StoreError {
  return address(`${whom} is not called: ${refusal}`);
}

/** A success that is none of the store's. */
export function foreignAnswer(whom: string): StoreError {
  return provider(`${whom} answered with something that is none of its answers`);
}

/** Only a part of the data was looked at. */
export function partialAnswer(whom: string, words: string): StoreError {
  return provider(`${whom} answered only in part${words === '' ? '' : `: ${words}`}`);
}

/** An answer of more than `maxBytes`. */
export class TooLarge extends Error {}

/** A request that brought no whole answer. `shown` hides secrets in what the system says of it. */
export function unanswered(
  error: unknown,
  whom: string,
  { timedOutMs, shown }: { timedOutMs: number | undefined; shown: (text: string) => string },
): StoreError {
  if (error instanceof StoreError) return error;
  if (timedOutMs !== undefined)
    return provider(`${whom} did not answer within ${timedOutMs / 1000} s`);
  const refusal = outOfReach(error);
  if (refusal !== undefined) return notCalled(whom, refusal);
  if (error instanceof TooLarge) return provider(`${whom} answered with more than 1 MiB`);
  const { code, message } = rootOf(error);
  return provider(`${whom} cannot be reached: ${REASONS[code] ?? shown(message)}`);
}

const OUTAGE = { outage: true };

function provider(message: string, restMs = AWAY_MS): StoreError {
  return new StoreError('spec.provider', message, { outage: true, restMs });
}

/** Whoever is asked too often counts those requests as well. */
const BUSY_MS = 30_000;
const AWAY_MS = 10_000;

function address(message: string): StoreError {
  return new StoreError('spec.provider.address', message, OUTAGE);
}

/** The innermost of what caused an error, or the first of several. */
function rootOf(error: unknown): { code: string; message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  if (!(error instanceof Error)) return { code: '', message: 'no reason was given' };
  if (error.cause !== undefined) return rootOf(error.cause);
  return { code: 'code' in error ? String(error.code) : '', message: error.message };
}

const CUT = 'the connection was cut in the middle';
const UNTRUSTED = 'its certificate is signed by nobody who is trusted';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT,
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers at the address',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: CUT,
  ETIMEDOUT: 'nobody answers at the address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that host',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
};
