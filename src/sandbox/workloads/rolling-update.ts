import type { DeploymentStrategy } from './resources.ts';

/** How many pods a ReplicaSet is asked for, and how many of them are available. */
export interface SetSize {
  readonly replicas: number;
  readonly available: number;
}

export interface OldSet extends SetSize {
  /** Pods that exist, also those that are no longer asked for. */
  readonly pods: number;
}

export interface RolloutSizes {
  readonly replicas: number;
  readonly strategy: DeploymentStrategy;
  /** Undefined while the template has no ReplicaSet yet. */
  readonly current: SetSize | undefined;
  /** Oldest first. */
  readonly old: readonly OldSet[];
}

export interface NextSizes {
  /** Undefined: not to be created yet. */
  readonly current: number | undefined;
  /** In the order given. */
  readonly old: readonly number[];
}

/**
 * The next step of a rollout, as the deployment controller of Kubernetes takes it: never more than
 * `maxSurge` pods too many are asked for, and available pods are given up only as long as
 * `maxUnavailable` allows. Asked again whenever a pod becomes available or goes.
 */
export function nextSizes(sizes: RolloutSizes): NextSizes {
  return sizes.strategy.type === 'Recreate' ? recreate(sizes) : roll(sizes);
}

/** Pods too many and pods too few during a rolling update: absolute, or a share of the replicas. */
export function rollingBounds(replicas: number, strategy: DeploymentStrategy) {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy.rollingUpdate ?? {};
  const surge = resolve(maxSurge, replicas, Math.ceil);
  const unavailable = Math.min(resolve(maxUnavailable, replicas, Math.floor), replicas);
  // With neither, nothing could ever move.
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function recreate({ replicas, current, old }: RolloutSizes): NextSizes {
  const isEmpty = old.every(({ pods }) => pods === 0);
  return { current: isEmpty ? replicas : current?.replicas, old: old.map(() => 0) };
}

function roll({ replicas, strategy, current, old }: RolloutSizes): NextSizes {
  const { surge, unavailable } = rollingBounds(replicas, strategy);
  const now = current ?? { replicas: 0, available: 0 };
  const oldReplicas = sum(old.map((set) => set.replicas));
  const room = Math.max(0, replicas + surge - now.replicas - oldReplicas);
  const target = now.replicas > replicas ? replicas : Math.min(replicas, now.replicas + room);

  const mustStay = replicas - unavailable;
  const working = sum([now, ...old].map(availableOf));
  const notYet = Math.max(0, target - availableOf(now));
  let spare = target + oldReplicas - mustStay - notYet;
  let expendable = working - mustStay;
  const afterCleanup = old.map((set) => {
    const given = clamp(set.replicas - availableOf(set), 0, spare);
    spare -= given;
    return set.replicas - given;
  });
  const afterRollout = afterCleanup.map((left) => {
    const given = clamp(Math.min(left, expendable), 0, spare);
    spare -= given;
    expendable -= given;
    return left - given;
  });
  return { current: target, old: afterRollout };
}

/** A status that has not caught up may count pods that are no longer asked for. */
function availableOf({ replicas, available }: SetSize): number {
  return Math.min(replicas, available);
}

function resolve(value: number | string, of: number, round: (share: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) || 0 : round((Number(percent) * of) / 100);
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
