import type { MeshRequest } from './mesh-request.ts';

export function isGrpc({ headers }: Pick<MeshRequest, 'headers'>): boolean {
  return /^application\/grpc(?![-\w])/.test(headers['content-type'] ?? '');
}

/** The gRPC status by which proxies and servers say what an HTTP status says. */
export function grpcStatusOf(httpStatus: number): number {
  return httpStatus < 300 ? OK : (FROM_HTTP[httpStatus] ?? UNKNOWN);
}

/** Whether the server is to blame, and not the request. */
export function isServerError(grpcStatus: number): boolean {
  return SERVER_ERRORS.includes(grpcStatus);
}

const OK = 0;
const UNKNOWN = 2;

const FROM_HTTP: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** Unknown, deadline exceeded, unimplemented, internal, unavailable, data loss. */
const SERVER_ERRORS: readonly number[] = [UNKNOWN, 4, 12, 13, 14, 15];
