import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { ClusterReader, ResourceKind } from './cluster.ts';
import type { Intent, ObjectSeen } from './intent.ts';

/** The pods of one version, as counted by its controller and its endpoints. */
export interface PodsSeen {
  /** `spec.replicas`. */
  readonly desired: number;
  /** Replicas of the newest template; equal to `desired` when a rolling update is over. */
  readonly updated: number;
  /** Ready pods of the newest template that the version's Service can reach. */
  readonly ready: number;
  /** Every replica updated, available and old ones gone, as of the newest generation. */
  readonly settled: boolean;
  /**
   * The controller has not counted pods of the newest template yet: `ready` is 0 for whoever needs
   * them, and no evidence that they went away.
   */
  readonly uncounted?: true;
  /** What the cluster says is wrong with them, one sentence: an image that cannot be pulled, say. */
  readonly trouble?: string;
}

export interface TargetSeen {
  /** Names what the target's template and configs are now; equal to a pinned revision's name when that is what it runs. */
  readonly revision: string;
  /** ConfigMaps and Secrets it uses: `configmap/name` -> checksum of the content. */
  readonly configs: Readonly<Record<string, string>>;
  readonly pods: PodsSeen;
  readonly object: ObjectSeen;
  /** `minReplicas` of an autoscaler bound to the target, when there is one. */
  readonly autoscalerMin: number | undefined;
  /** Services outside Linnet's hold that select the target's pods: never scale to 0 while one does. */
  readonly heldByServices: readonly string[];
}

export interface PrimarySeen {
  readonly object: ObjectSeen;
  readonly autoscaler: ObjectSeen;
  /** The revision whose template it carries; undefined when none can be told. */
  readonly revision: string | undefined;
  readonly pods: PodsSeen;
}

export interface WorkloadSeen {
  /** Undefined: the target does not exist (`problem` says what was looked for). */
  readonly target: TargetSeen | undefined;
  readonly primary: PrimarySeen | undefined;
  /** What makes this workload impossible to manage, one sentence each, with a reason code. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  /** CamelCase, for the condition's reason. */
  readonly reason: string;
  /** One sentence that says what to change. */
  readonly message: string;
}

/**
 * One version-carrying workload (a Deployment and its primary): pinned revisions, replicas,
 * templates. `observe` compares with the intent under `canary.status.fences` and remembers the
 * raw objects; `apply` writes what differs from the intent given to it, with the resourceVersions
 * that were observed. Idempotent; a conflict rejects with a 409 `ClusterError`.
 */
export interface Workload<Seen extends WorkloadSeen = WorkloadSeen> {
  observe(canary: Canary, intent: Intent, reader: ClusterReader): Promise<Seen>;
  /**
   * Keeps the target's present template in an owned ControllerRevision and its configs in
   * immutable copies, before a status names them (DESIGN section 3). Idempotent.
   */
  pin(canary: Canary, seen: Seen, revision: string): Promise<void>;
  /** Writes the primary and its autoscaler. */
  applyPrimary(canary: Canary, status: CanaryStatus, intent: Intent, seen: Seen): Promise<void>;
  /** Writes the target's replicas. */
  applyTarget(canary: Canary, status: CanaryStatus, intent: Intent, seen: Seen): Promise<void>;
  /**
   * What is pinned for the Canary, of that which the reader has, and is named neither by the plan
   * `status` nor by the primary. Only what was asked for before that plan was stored may be pruned
   * after: whoever names it again can only have done so from that plan on, and touches it first.
   */
  unnamed(canary: Canary, status: CanaryStatus, reader: ClusterReader): Promise<readonly Pin[]>;
  /** Removes those that nobody has touched since they were seen. */
  prune(canary: Canary, unnamed: readonly Pin[]): Promise<void>;
}

/** A pinned revision or the copy of a config, in the version in which it was seen. */
export interface Pin {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}
