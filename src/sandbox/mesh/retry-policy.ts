import { durationMs, type HttpRoute } from './istio-resources.ts';

/** How one attempt ended. `cause` says what no status tells: nothing was sent, or it was cut off. */
export interface AttemptEnd {
  readonly status: number;
  readonly cause: 'answered' | 'connect-failure' | 'reset' | 'timeout' | 'cancelled';
}

export interface RetryPolicy {
  /** Retries after the first attempt. */
  readonly attempts: number;
  /** Milliseconds; Infinity without a limit. */
  readonly perTryMs: number;
  retries(end: AttemptEnd): boolean;
}

const DEFAULT_CONDITIONS = 'connect-failure,refused-stream,unavailable,cancelled';

/** Istio retries twice where nothing reached the upstream, unless the route says otherwise. */
export function retryPolicy({ retries, timeout }: HttpRoute): RetryPolicy {
  const { attempts = 2, perTryTimeout, retryOn } = retries ?? {};
  const conditions = (retryOn || DEFAULT_CONDITIONS).split(',').map((one) => one.trim());
  return {
    attempts,
    perTryMs: durationMs(perTryTimeout) ?? durationMs(timeout) ?? Infinity,
    retries: (end) => conditions.some((condition) => meets(condition, end)),
  };
}

function meets(condition: string, { status, cause }: AttemptEnd): boolean {
  switch (condition) {
    case '5xx':
      return status >= 500;
    case 'gateway-error':
      return status >= 502 && status <= 504;
    case 'connect-failure':
      return cause === 'connect-failure';
    case 'reset':
      return cause === 'reset' || cause === 'connect-failure';
    case 'retriable-4xx':
      return status === 409;
    default:
      return condition === String(status);
  }
}
