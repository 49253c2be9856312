import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { mapAt, numberAt } from './json.ts';
import { primaryName } from './naming.ts';

/** `minReplicas`; the API server's default is 1. */
export function horizontalMin(source: KubeObject): number {
  return numberAt(source, 'spec', 'minReplicas') ?? 1;
}

/**
 * The spec of the primary's HorizontalPodAutoscaler: the target's, with the bounds of
 * `primaryScalerReplicas`, and never fewer replicas than `floor`.
 */
export function horizontalSpec(
  canary: Canary,
  source: KubeObject,
  floor: number,
): Record<string, unknown> {
  const own = canary.spec.autoscalerRef?.primaryScalerReplicas;
  const { minReplicas: _, ...spec } = mapAt(source, 'spec');
  const least = Math.max(own?.minReplicas ?? horizontalMin(source), floor);
  const most = own?.maxReplicas ?? numberAt(source, 'spec', 'maxReplicas') ?? least;
  return {
    ...spec,
    minReplicas: least,
    maxReplicas: Math.max(most, least),
    scaleTargetRef: { ...mapAt(source, 'spec', 'scaleTargetRef'), name: primaryName(canary) },
  };
}
