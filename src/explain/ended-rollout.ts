import type { CanaryStatus, Rollout } from '../api/status.ts';

/** The history's entry of the rollout that the status is about; undefined while it runs. */
export function endedRollout({ history = [], startedAt }: CanaryStatus): Rollout | undefined {
  return history.findLast((rollout) => rollout.startedAt === startedAt);
}
