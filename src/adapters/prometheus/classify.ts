/** Labels of Istio's that say how a request ended. */
export interface Ending {
  readonly protocol: string;
  readonly code: string;
  /** Number as text; empty for what is no gRPC. */
  readonly grpcStatus: string;
  /** `-` or a list with commas. */
  readonly flags: string;
}

/**
 * - `bad`: the version failed: 5xx, no response at all, or a gRPC status that says so, also where a
 *   proxy answers it as HTTP 200;
 * - `refused`: the caller was wrong: 4xx and its like in gRPC;
 * - `cancelled`: the caller went away before there was a response, which says nothing of either.
 */
export type Class = 'good' | 'bad' | 'refused' | 'cancelled';

export function classify(ending: Ending): Class {
  const { code, grpcStatus } = ending;
  if (/^5\d\d$/.test(code)) return 'bad';
  const gone = ending.flags.split(',').includes('DC');
  const isGrpc = ending.protocol === 'grpc' || grpcStatus !== '';
  const unanswered = code === '0' || code === '' || (isGrpc && grpcStatus === '');
  if (unanswered) return gone ? 'cancelled' : 'bad';
  if (isGrpc && BAD_GRPC.has(grpcStatus)) return 'bad';
  if (isGrpc && grpcStatus === CANCELLED_GRPC) return 'cancelled';
  if (isGrpc && grpcStatus !== '0') return 'refused';
  return /^4\d\d$/.test(code) ? 'refused' : 'good';
}

/** Unknown, deadline exceeded, unimplemented, internal, unavailable, data loss. */
const BAD_GRPC = new Set(['2', '4', '12', '13', '14', '15']);
const CANCELLED_GRPC = '1';

/** What a caller's proxy saw and the workload's own proxy could not report. */
export type Loss =
  /** It never came to the workload, or what could have reported it is dead. */
  | 'lost'
  /** It came, and was still running when the caller's proxy had waited long enough. */
  | 'timed-out';

/** Undefined where the workload's own proxy has counted the failure already. */
export function classifyLoss(flags: string): Loss | undefined {
  const found = flags.split(',');
  const lost = found.filter((flag) => LOSS_FLAGS.includes(flag));
  if (lost.some((flag) => flag !== TIMED_OUT)) return 'lost';
  return lost.length > 0 ? 'timed-out' : undefined;
}

const TIMED_OUT = 'UT';
/**
 * No healthy upstream, connection failed, overflow, cut, timed out, no cluster, no route, reset here: what
 * the sweep asks for of requests.
 */
export const LOSS_FLAGS: readonly string[] = ['UH', 'UF', 'UO', 'UC', TIMED_OUT, 'NC', 'NR', 'LR'];

/**
 * Connections over TCP have no status, only flags: `bad` are those that were never made, or that the
 * workload reset. That they were closed, and by whom, says nothing. ztunnel tells of a failure only when
 * it closes what it has counted as opened: that is `broken`.
 */
export function classifyConnection(flags: string): 'good' | 'bad' | 'broken' {
  const found = flags.split(',');
  if (found.includes(ZTUNNEL_FAILED)) return 'broken';
  return found.some((flag) => FAILURE_FLAGS.includes(flag)) ? 'bad' : 'good';
}

/** What a caller's proxy saw of a connection, where it failed. */
export type LostConnection =
  /** No endpoint was ever tried. */
  | 'lost'
  /**
   * One was. Where that was a proxy which could not reach its workload, and hung up before the
   * handshake of TLS had ended, both of them count the same failure.
   */
  | 'told';

/** Undefined where it did not fail. */
export function classifyLostConnection(flags: string): LostConnection | undefined {
  const found = flags.split(',');
  if (found.some((flag) => UNTRIED.has(flag))) return 'lost';
  return found.some((flag) => FAILURE_FLAGS.includes(flag)) ? 'told' : undefined;
}

/** No healthy upstream, overflow, no cluster, no route. */
const UNTRIED = new Set(['UH', 'UO', 'NC', 'NR']);
/**
 * Those, and: connection failed, cut, reset there, reset here, tried often enough: what the sweep asks
 * for of connections.
 */
export const FAILURE_FLAGS: readonly string[] = [
  'UH',
  'UF',
  'UO',
  'UC',
  'UR',
  'NC',
  'NR',
  'LR',
  'URX',
];

/** ztunnel could not connect to the workload. */
export const ZTUNNEL_FAILED = 'CONNECT';
