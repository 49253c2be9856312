import type { ClusterError } from '../../ports/cluster.ts';

/** Why a request did not succeed, with what decides whether to ask again. */
export class Failure extends Error {
  readonly error: ClusterError;
  /** The server cannot have seen it: nobody listened, or there was no way to it. */
  readonly unsent: boolean;
  /** Whoever asked has called it off. */
  readonly aborted: boolean;
  /** The credentials were refused, and will be others the next time. */
  readonly renewed: boolean;

  constructor(
    error: ClusterError,
    facts: { unsent?: boolean; aborted?: boolean; renewed?: boolean } = {},
  ) {
    super(error.message);
    this.error = error;
    this.unsent = facts.unsent ?? false;
    this.aborted = facts.aborted ?? false;
    this.renewed = facts.renewed ?? false;
  }
}

const ATTEMPTS = 5;
const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/**
 * Milliseconds to wait before asking again; undefined when that is no use. A write that the server
 * may have carried out is never repeated: its caller starts again from fresh state. Jittered, so
 * that replicas do not return together.
 */
export function retryDelay(
  failure: Failure,
  attempt: number,
  request: { readonly idempotent: boolean },
  random: () => number = Math.random,
): number | undefined {
  if (failure.renewed) return 0;
  if (attempt >= ATTEMPTS || !isWorthRepeating(failure, request.idempotent)) return undefined;
  const { retryAfterMs } = failure.error;
  if (retryAfterMs !== undefined) return retryAfterMs * (1 + random() / 2);
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) * (0.5 + random() / 2);
}

function isWorthRepeating({ error, unsent, aborted }: Failure, idempotent: boolean): boolean {
  if (aborted) return false;
  if (unsent || error.code === 429) return true;
  return idempotent && (error.code >= 500 || error.reason === 'NoAnswer');
}
