import { CANARY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { PRIMARY_SUFFIX } from '../../api/names.ts';
import type { ClusterReader, KubeObject, ResourceKind } from '../../ports/cluster.ts';
import type { TargetIntent } from '../../ports/intent.ts';
import { apiVersionOf, HORIZONTAL_POD_AUTOSCALER, SCALED_OBJECT } from '../../ports/kinds.ts';
import type { Demand } from './demand.ts';
import { horizontalSpec, horizontalMin } from './horizontal-autoscaler.ts';
import { isAdoptable, ownerReference, ownershipFields, whoseText } from './ownership.ts';
import { owned, type OwnedField } from './owned-fields.ts';
import { isPausedByUs, PAUSED, PAUSED_AT, scaledSpec, scaledMin } from './scaled-object.ts';
import { obstacle } from './target.ts';

/** The autoscaler that the Canary names, and the primary's copy of it. */
export interface Scalers {
  readonly source: KubeObject | undefined;
  readonly primary: KubeObject | undefined;
}

export async function readScalers(canary: Canary, reader: ClusterReader): Promise<Scalers> {
  const ref = canary.spec.autoscalerRef;
  if (ref === undefined) return { source: undefined, primary: undefined };
  const { namespace } = canary.metadata;
  const kind = kindOf(canary);
  const [source, primary] = await Promise.all([
    reader.get(kind, namespace, ref.name),
    reader.get(kind, namespace, `${ref.name}${PRIMARY_SUFFIX}`),
  ]);
  return { source, primary };
}

/** Fewest replicas that the target's autoscaler allows; undefined without one. */
export function leastReplicas(canary: Canary, { source }: Scalers): number | undefined {
  if (source === undefined) return undefined;
  return isKeda(canary) ? scaledMin(source) : horizontalMin(source);
}

/**
 * The primary's autoscaler: the target's, bound to the primary, always as the target's is now.
 * `floor`: replicas that it must not go below. Undefined without an autoscaler to copy.
 */
export function primaryScalerDemand(
  canary: Canary,
  floor: number,
  { source, primary: live }: Scalers,
): Demand | undefined {
  if (source === undefined) return undefined;
  const spec = isKeda(canary)
    ? scaledSpec(canary, source, floor)
    : horizontalSpec(canary, source, floor);
  const name = `${source.metadata.name}${PRIMARY_SUFFIX}`;
  return {
    kind: kindOf(canary),
    name,
    live,
    fields: [...ownershipFields(live, canary), owned(spec, 'spec'), ...neverPaused(canary)],
    foreign: live && !isAdoptable(live, canary) ? whoseText(live) : undefined,
    made: newScaler(canary, name, spec),
  };
}

/**
 * KEDA would scale an idle target up from 0: its ScaledObject is paused there meanwhile. Undefined
 * where there is nothing to pause: a HorizontalPodAutoscaler stops by itself at 0 replicas.
 */
export function targetScalerDemand(
  canary: Canary,
  intent: TargetIntent,
  { source: live }: Scalers,
  held: readonly string[] | undefined,
): Demand | undefined {
  if (live === undefined || !isKeda(canary) || intent.replicas === 'untouched') return undefined;
  const isIdle = intent.mode === 'exactly' && intent.replicas === 0;
  const paused = isIdle
    ? '0'
    : isPausedByUs(live)
      ? undefined
      : live.metadata.annotations?.[PAUSED_AT];
  return {
    kind: SCALED_OBJECT,
    name: live.metadata.name,
    live,
    fields: [owned(paused, 'metadata', 'annotations', PAUSED_AT)],
    blocked: isIdle && !isPausedByUs(live) ? obstacle(held) : undefined,
  };
}

export function kindOf(canary: Canary): ResourceKind {
  return isKeda(canary) ? SCALED_OBJECT : HORIZONTAL_POD_AUTOSCALER;
}

function isKeda(canary: Canary): boolean {
  return canary.spec.autoscalerRef?.kind === 'ScaledObject';
}

/** A paused primary would serve nobody. */
function neverPaused(canary: Canary): OwnedField[] {
  if (!isKeda(canary)) return [];
  return [PAUSED_AT, PAUSED].map((key) => owned(undefined, 'metadata', 'annotations', key));
}

function newScaler(canary: Canary, name: string, spec: unknown): KubeObject {
  const kind = kindOf(canary);
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      name,
      namespace: canary.metadata.namespace,
      annotations: { [CANARY]: canary.metadata.name },
      ownerReferences: [ownerReference(canary)],
    },
    spec,
  };
}
