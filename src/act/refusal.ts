import { ClusterError } from '../ports/cluster.ts';
import type { Problem } from '../ports/workload.ts';

/**
 * What a failed write means: a refusal for good (no permission, invalid, rejected by an admission
 * webhook) is a problem for people; everything else is rethrown and tried again.
 */
export function refusalOf(error: unknown): Problem {
  if (!(error instanceof ClusterError) || !REFUSED.has(error.code)) throw error;
  return { reason: `Write${error.reason}`, message: error.message };
}

const REFUSED: ReadonlySet<number> = new Set([400, 403, 422]);
