import type { Canary } from '../../api/canary.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { Problem } from '../../ports/workload.ts';
import type { Scalers } from './autoscaler.ts';
import type { Demand } from './demand.ts';
import type { SelectorLabel } from './naming.ts';
import { targetProblems, type TargetNow } from './target.ts';

/** A workload as it was read, so that writes carry the versions that decisions rested on. */
export interface WorkloadObjects {
  readonly target: TargetNow | undefined;
  readonly primary: KubeObject | undefined;
  readonly label: SelectorLabel | undefined;
  readonly scalers: Scalers;
}

export const NOTHING_READ: WorkloadObjects = {
  target: undefined,
  primary: undefined,
  label: undefined,
  scalers: { source: undefined, primary: undefined },
};

/**
 * What keeps the workload from being managed, and what a person has to change. `demands`: on the
 * primary and its autoscaler.
 */
export function problemsOf(
  canary: Canary,
  { target, label, scalers }: WorkloadObjects,
  demands: readonly Demand[],
  selectorLabels: readonly string[],
): Problem[] {
  if (canary.spec.targetRef.kind !== 'Deployment') return [kindNotSupported(canary)];
  return [
    ...(target === undefined ? [targetNotFound(canary)] : targetProblems(target, selectorLabels)),
    ...(scalers.source === undefined ? autoscalerNotFound(canary) : []),
    ...(label === undefined ? [] : demands.flatMap(demandProblems)),
  ];
}

function kindNotSupported({ spec }: Canary): Problem {
  return {
    reason: 'TargetKindNotSupported',
    message: `spec.targetRef.kind: found '${spec.targetRef.kind}', this release manages targets of kind Deployment; point targetRef at a Deployment.`,
  };
}

function targetNotFound({ metadata, spec }: Canary): Problem {
  return {
    reason: 'TargetNotFound',
    message: `spec.targetRef: Deployment ${metadata.namespace}/${spec.targetRef.name} does not exist; create it or correct the name.`,
  };
}

function autoscalerNotFound({ metadata, spec }: Canary): Problem[] {
  if (spec.autoscalerRef === undefined) return [];
  const { kind, name } = spec.autoscalerRef;
  return [
    {
      reason: 'AutoscalerNotFound',
      message: `spec.autoscalerRef: ${kind} ${metadata.namespace}/${name} does not exist; create it, correct the name or remove autoscalerRef.`,
    },
  ];
}

/** Of the primary and its autoscaler. */
function demandProblems({ kind, name, foreign, blocked }: Demand): Problem[] {
  if (foreign !== undefined) {
    const message = `${foreign}; remove or rename it, Linnet needs the name for the primary.`;
    return [{ reason: 'NameTaken', message }];
  }
  if (blocked === undefined) return [];
  return [{ reason: 'PrimaryUndefined', message: `${kind.kind} ${name}: ${blocked}.` }];
}
