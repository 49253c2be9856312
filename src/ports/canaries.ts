import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';

export interface CanaryKey {
  readonly namespace: string;
  readonly name: string;
}

/** Reason of the `ClusterError` with which `hold` says that the target belongs to another Canary. */
export const TARGET_CLAIMED = 'TargetClaimed';

/** The Canary objects: read from the local store, read live, written with a fence. */
export interface Canaries {
  /** From the local store. Undefined when it does not exist. */
  cached(key: CanaryKey): Canary | undefined;
  /** Live, for decisions that are made twice. */
  read(key: CanaryKey): Promise<Canary | undefined>;
  /** All Canaries in the local store. */
  all(): readonly Canary[];
  /**
   * Writes the status if the Canary is still at the resourceVersion that was read; the answer is
   * the Canary as stored. Unknown status fields are kept. Rejects with a 409 `ClusterError` when
   * somebody else wrote first.
   */
  store(canary: Canary, status: CanaryStatus): Promise<Canary>;
  /**
   * Claims the target and adds Linnet's finalizer, fenced by resourceVersion. Rejects with reason
   * `TARGET_CLAIMED` when the target belongs to another Canary.
   */
  hold(canary: Canary): Promise<Canary>;
  /** Removes the finalizer, so that a deletion can go on. */
  release(canary: Canary): Promise<void>;
}

export function keyOf(canary: Canary): CanaryKey {
  return { namespace: canary.metadata.namespace, name: canary.metadata.name };
}

export function keyText(key: CanaryKey): string {
  return `${key.namespace}/${key.name}`;
}
