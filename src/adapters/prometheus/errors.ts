import { outOfReach } from '../../ports/reach.ts';

/**
 * Why a query has no answer that can be used:
 * - `timeout`, `network`, `status`, `foreign`, `too-large`: the store did not answer, or something
 *   else did;
 * - `credentials`: what proves who we are cannot be read, or was refused;
 * - `partial`: it warns that data is missing;
 * - `query`: it answered that the query is wrong;
 * - `cancelled`: we gave up.
 */
export type FailureKind =
  | 'timeout'
  | 'network'
  | 'status'
  | 'foreign'
  | 'too-large'
  | 'credentials'
  | 'partial'
  | 'query'
  | 'cancelled';

/** One sentence for people, in which no secret occurs. */
export class PrometheusError extends Error {
  override readonly name = 'PrometheusError';
  readonly kind: FailureKind;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whether a connection kept from an earlier request broke: the server may never have seen this one. */
  readonly stale: boolean;

  constructor(
    kind: FailureKind,
    message: string,
    facts: { status?: number; stale?: boolean } = {},
  ) {
    super(message);
    this.kind = kind;
    this.status = facts.status;
    this.stale = facts.stale ?? false;
  }

  /** Whether the store as a whole is of no use now, rather than this one query. */
  get outage(): boolean {
    return this.kind !== 'query';
  }
}

/** What is known of the exchange that failed. */
export interface Attempt {
  /** The server as people may see it. */
  readonly server: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Whether our own deadline has passed. */
  readonly timedOut: boolean;
  /** Whether the caller gave up. */
  readonly cancelled: boolean;
  /** Hides secrets that a server may have sent back. */
  readonly redact: (text: string) => string;
}

/** What an HTTP client rejected with, as one of our errors. */
export function failureOf(error: unknown, attempt: Attempt): PrometheusError {
  if (error instanceof PrometheusError) return error;
  if (attempt.timedOut) return timeout(attempt);
  if (attempt.cancelled) return new PrometheusError('cancelled', 'the query was given up');
  const { server } = attempt;
  const refusal = outOfReach(error);
  if (refusal !== undefined) return notCalled(server, refusal);
  const { code, message, response, reused } = factsOf(error);
  if (/maxContentLength/.test(message)) {
    const most = `${Math.round(attempt.maxBytes / 2 ** 20)} MiB`;
    return new PrometheusError('too-large', `${server} answered with more than ${most}`);
  }
  if (response !== undefined && response.status >= 300) {
    return refusalOf(response.status, response.data, attempt);
  }
  if (response !== undefined) {
    return new PrometheusError('network', `${server} broke off in the middle of an answer`);
  }
  const why = attempt.redact(REASONS[code] ?? message);
  const stale = reused && (code === 'ECONNRESET' || code === 'EPIPE');
  return new PrometheusError('network', `${server} cannot be reached: ${why}`, { stale });
}

/** An answer that is no success, in Prometheus' own words where it has some. */
export function refusalOf(status: number, body: unknown, attempt: Attempt): PrometheusError {
  const { server, redact } = attempt;
  const { errorType, error } = wordsOf(body);
  const words = oneLine(redact(error === '' ? plainText(body) : error));
  const because = words === '' ? '' : `: ${words}`;
  if (errorType === 'bad_data' || errorType === 'execution') {
    return new PrometheusError('query', `${server} refused the query${because}`, { status });
  }
  if (errorType === 'timeout') {
    return new PrometheusError('timeout', `${server} gave the query up${because}`, { status });
  }
  if (status === 401 || status === 403) {
    const sentence = `${server} refused Linnet’s credentials with ${status}${because}`;
    return new PrometheusError('credentials', sentence, { status });
  }
  return new PrometheusError('status', `${server} answered ${status}${because}`, { status });
}

/** The allow list keeps Linnet from the server. */
export function notCalled(server: string, refusal: string): PrometheusError {
  return new PrometheusError('network', `${server} is not called: ${refusal}`);
}

/** A success that is none of Prometheus'. */
export function foreignAnswer(contentType: unknown, { server, redact }: Attempt): PrometheusError {
  const type = typeof contentType === 'string' ? ` (${redact(contentType).slice(0, 60)})` : '';
  return new PrometheusError(
    'foreign',
    `${server} answered with something that is not Prometheus’ JSON${type}`,
  );
}

function timeout({ server, timeoutMs }: Attempt): PrometheusError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new PrometheusError('timeout', `${server} did not answer within ${seconds} s`);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name server did not answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that host',
};

interface Facts {
  readonly code: string;
  readonly message: string;
  readonly response: { status: number; data: unknown } | undefined;
  readonly reused: boolean;
}

function factsOf(error: unknown): Facts {
  const { code, message, response, request } = (error ?? {}) as {
    code?: unknown;
    message?: unknown;
    response?: { status: number; data: unknown };
    request?: { reusedSocket?: unknown };
  };
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : 'no reason was given',
    response,
    reused: request?.reusedSocket === true,
  };
}

function wordsOf(body: unknown): { errorType: string; error: string } {
  const { errorType, error } = (body ?? {}) as { errorType?: unknown; error?: unknown };
  return {
    errorType: typeof errorType === 'string' ? errorType : '',
    error: typeof error === 'string' ? error : '',
  };
}

/** A page of HTML helps nobody. */
function plainText(body: unknown): string {
  return typeof body !== 'string' || /^\s*</.test(body) ? '' : body;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= 300 ? line : `${line.slice(0, 297)}...`;
}
