import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { ClusterReader } from './cluster.ts';
import type { Intent, ObjectSeen } from './intent.ts';
import type { Problem } from './workload.ts';

export interface RoutesSeen {
  readonly virtualService: ObjectSeen;
  readonly destinationRules: ObjectSeen;
  /**
   * The canary's weight that the mesh configuration holds now: for people and metrics (drift), and
   * to order writes (a falling weight goes first). Never state (DESIGN, law 1).
   */
  readonly liveCanaryWeight: number | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Splits traffic between primary and canary. Same contract as `Workload`: absolute, idempotent,
 * fenced, and it never touches a field that Linnet does not own.
 */
export interface Router<Seen extends RoutesSeen = RoutesSeen> {
  observe(canary: Canary, intent: Intent, reader: ClusterReader): Promise<Seen>;
  /** Where versions of a host are defined, before any route names them. */
  applyDestinations(
    canary: Canary,
    status: CanaryStatus,
    intent: Intent,
    seen: Seen,
  ): Promise<void>;
  /** One write that sets weights and special routes together. */
  applyRoutes(canary: Canary, status: CanaryStatus, intent: Intent, seen: Seen): Promise<void>;
}
