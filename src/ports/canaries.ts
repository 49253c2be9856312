import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';

export interface CanaryKey {
  readonly namespace: string;
  readonly name: string;
}

/** Reason of the `ClusterError` with which `hold` says that the target belongs to another Canary. */
export const TARGET_CLAIMED = 'TargetClaimed';

/** Why nothing is done about a Canary until a person changes something. */
export interface Stall {
  /** Of the conditions that say so, in CamelCase. */
  readonly reason: string;
  /** A sentence. */
  readonly message: string;
}

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
   * Says in the conditions why nothing is done about a Canary; the rest of its status stays. No
   * request when they say so already, or when a newer Linnet wrote them. `at` is RFC 3339,
   * `planVersion` the version of the plans that this Linnet knows.
   */
  stall(key: CanaryKey, why: Stall, at: string, planVersion: number): Promise<void>;
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
