import type { Canary } from '../api/canary.ts';
import type { Problem } from '../ports/workload.ts';

/**
 * What the Canary names in other namespaces than its own, where `--no-cross-namespace-refs` forbids
 * that: metric templates, a VirtualService. A tenant must not reach another's. (Alert providers keep no
 * rollout: what is wrong with them is a condition of its own.)
 */
export function foreignReferences({ metadata, spec }: Canary): Problem[] {
  const named = [
    ...spec.analysis.metrics.map(({ templateRef }, i) => ({
      path: `spec.analysis.metrics[${i}].templateRef.namespace`,
      namespace: templateRef?.namespace,
    })),
    {
      path: 'spec.routing.virtualServiceRef.namespace',
      namespace: spec.routing?.virtualServiceRef?.namespace,
    },
  ];
  return named
    .filter(({ namespace }) => namespace !== undefined && namespace !== metadata.namespace)
    .map(({ path, namespace }) => ({
      reason: 'CrossNamespaceRef',
      message: `${path}: found '${namespace}', allowed is '${metadata.namespace}', since this Linnet runs with --no-cross-namespace-refs`,
    }));
}
