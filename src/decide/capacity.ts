import type { Canary } from '../api/canary.ts';
import type { CanaryStatus } from '../api/status.ts';
import { nextWeight, strategyOf } from './weights.ts';

/** The replicas that serve all traffic: the primary's strength when the rollout began. */
export function fullStrength(status: CanaryStatus): number {
  return Math.max(1, status.primaryFloor ?? 1);
}

/** The share of the full strength that a weight needs, at least one pod. */
export function replicasFor(weight: number, status: CanaryStatus): number {
  return Math.max(1, Math.ceil((fullStrength(status) * weight) / 100));
}

/**
 * The canary's replicas at the present stage: what its next weight needs, so that capacity is there
 * before traffic is. An autoscaler on the target is overruled only while the canary scales up for a
 * weight; after that it knows better.
 */
export function canaryReplicas(canary: Canary, status: CanaryStatus): number {
  if (status.phase === 'Promoting' || status.ending?.outcome === 'primary-stuck') {
    return fullStrength(status);
  }
  if (canary.spec.autoscalerRef !== undefined && status.stage !== 'scale-up') return 1;
  return replicasAhead(canary, status);
}

/** The replicas that the canary needs before its next step may begin. */
export function replicasAhead(canary: Canary, status: CanaryStatus): number {
  const { analysis } = canary.spec;
  if (strategyOf(analysis) !== 'weights') return fullStrength(status);
  const weight = status.step?.weight ?? 0;
  return replicasFor(nextWeight(analysis, weight) ?? weight, status);
}

/** Whether enough pods are ready, by `primaryReadyThreshold` or `canaryReadyThreshold` (percent). */
export function isEnough(ready: number, needed: number, thresholdPercent: number): boolean {
  return ready >= Math.max(1, Math.ceil((needed * thresholdPercent) / 100));
}
