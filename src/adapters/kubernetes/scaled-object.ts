import type { Canary } from '../../api/canary.ts';
import { PRIMARY_SUFFIX } from '../../api/names.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { at, isMap, listAt, mapAt, numberAt, textAt } from './json.ts';
import { primaryName } from './naming.ts';

/** KEDA's annotations: hold at this many replicas; hold as it is. */
export const PAUSED_AT = 'autoscaling.keda.sh/paused-replicas';
export const PAUSED = 'autoscaling.keda.sh/paused';

/** Linnet pauses at 0 and nowhere else; any other number is a person's. */
export function isPausedByUs(source: KubeObject): boolean {
  return source.metadata.annotations?.[PAUSED_AT] === '0';
}

/** `minReplicaCount`; KEDA's default is 0. */
export function scaledMin(source: KubeObject): number {
  return numberAt(source, 'spec', 'minReplicaCount') ?? 0;
}

/**
 * The spec of the primary's ScaledObject: the target's, with the bounds of `primaryScalerReplicas`
 * and the queries of `primaryScalerQueries`, never fewer replicas than `floor`, and therefore never
 * idle at 0. Without a query of its own, a trigger's query asks for the primary by name.
 */
export function scaledSpec(
  canary: Canary,
  source: KubeObject,
  floor: number,
): Record<string, unknown> {
  const own = canary.spec.autoscalerRef?.primaryScalerReplicas;
  const { idleReplicaCount: _, ...spec } = mapAt(source, 'spec');
  const least = Math.max(own?.minReplicas ?? scaledMin(source), floor);
  const most = own?.maxReplicas ?? numberAt(source, 'spec', 'maxReplicaCount') ?? KEDA_MOST;
  return {
    ...spec,
    ...ownName(spec),
    minReplicaCount: least,
    maxReplicaCount: Math.max(most, least),
    scaleTargetRef: { ...mapAt(source, 'spec', 'scaleTargetRef'), name: primaryName(canary) },
    triggers: listAt(source, 'spec', 'triggers').map((trigger) => ownTrigger(canary, trigger)),
  };
}

/** KEDA's default of `maxReplicaCount`. */
const KEDA_MOST = 100;

/** Two ScaledObjects cannot share the HorizontalPodAutoscaler that one of them names. */
function ownName(spec: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const path = ['advanced', 'horizontalPodAutoscalerConfig'] as const;
  const name = textAt(spec, ...path, 'name');
  if (name === undefined) return {};
  const config = { ...mapAt(spec, ...path), name: `${name}${PRIMARY_SUFFIX}` };
  return { advanced: { ...mapAt(spec, 'advanced'), horizontalPodAutoscalerConfig: config } };
}

function ownTrigger(canary: Canary, trigger: unknown): unknown {
  const query = textAt(trigger, 'metadata', 'query');
  if (!isMap(trigger) || query === undefined) return trigger;
  const own = canary.spec.autoscalerRef?.primaryScalerQueries?.[String(at(trigger, 'name'))];
  const metadata = { ...mapAt(trigger, 'metadata'), query: own ?? forPrimary(canary, query) };
  return { ...trigger, metadata };
}

/** The name as a word of its own: neither `shop-web` nor `web-primary` means the target `web`. */
function forPrimary(canary: Canary, query: string): string {
  const { name } = canary.spec.targetRef;
  const word = new RegExp(`(?<![\\w.-])${name.replaceAll('.', '\\.')}(?![\\w-])`, 'g');
  return query.replace(word, () => primaryName(canary));
}
