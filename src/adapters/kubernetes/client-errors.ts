import type { ResourceKind } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { SECRET } from '../../ports/kinds.ts';

/** What was asked, for people: `PUT canaries.linnet.dev shop/web`. */
export interface Asked {
  readonly method: string;
  readonly kind: ResourceKind;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** From an answer that is not a success; `body` is a `Status` or a text of whoever stands between. */
export function refusalOf(
  asked: Asked,
  code: number,
  body: unknown,
  retryAfterMs?: number,
): ClusterError {
  const status = isStatus(body) ? body : {};
  const reason = status.reason || (REASONS[code] ?? 'Unknown');
  // What the server says about a Secret may quote it.
  const said = asked.kind.resource === SECRET.resource ? '' : (status.message ?? '');
  const message = `${askedText(asked)}: ${code} ${reason}${said && `: ${said}`}`;
  return new ClusterError(message, {
    code,
    reason,
    retryAfterMs: retryAfterMs ?? secondsToMs(status.details?.retryAfterSeconds),
  });
}

/**
 * No usable answer. Only the error's code is kept: its text and its cause may hold what was sent.
 */
export function noAnswerOf(asked: Asked, why: string): ClusterError {
  return new ClusterError(`${askedText(asked)}: no answer: ${why}`, {
    code: 0,
    reason: 'NoAnswer',
  });
}

/** An in-stream `ERROR` event, whose object is a `Status`. */
export function streamErrorOf(asked: Asked, object: unknown): ClusterError {
  const code = isStatus(object) && object.code !== undefined ? object.code : 500;
  return refusalOf(asked, code, object);
}

function askedText({ method, kind, namespace, name }: Asked): string {
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const object = [namespace, name].filter((part) => part !== undefined).join('/');
  return object === '' ? `${method} ${resource}` : `${method} ${resource} ${object}`;
}

interface Status {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

function isStatus(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && Reflect.get(body, 'kind') === 'Status';
}

/** For answers of proxies and of the server's front door, which are plain text. */
const REASONS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

function secondsToMs(seconds: number | undefined): number | undefined {
  return seconds === undefined || seconds <= 0 ? undefined : seconds * 1000;
}
