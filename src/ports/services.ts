import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import type { ClusterReader } from './cluster.ts';
import type { Intent, ObjectSeen } from './intent.ts';
import type { Problem } from './workload.ts';

export interface ServicesSeen {
  readonly object: ObjectSeen;
  /** Ready endpoints of `<apex>-primary`, of `<apex>-canary`. */
  readonly primaryEndpoints: number;
  readonly canaryEndpoints: number;
  /** Whether the apex Service has ready endpoints and all of them are pods of the version named. */
  readonly apexServes: 'primary' | 'target' | 'mixed' | 'nobody';
  readonly problems: readonly Problem[];
}

/** The apex, `-primary` and `-canary` Services. Same contract as `Workload`. */
export interface Services<Seen extends ServicesSeen = ServicesSeen> {
  observe(canary: Canary, intent: Intent, reader: ClusterReader): Promise<Seen>;
  apply(canary: Canary, status: CanaryStatus, intent: Intent, seen: Seen): Promise<void>;
}
