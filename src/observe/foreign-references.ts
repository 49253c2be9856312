import type { Canary } from '../api/canary.ts';
import type { Problem } from '../ports/workload.ts';

/**
 * What the Canary names in other namespaces than its own, where `--no-cross-namespace-refs` forbids
 * that: metric templates, alert providers, a VirtualService. A tenant must not reach another's.
 */
export function foreignReferences({ metadata, spec }: Canary): Problem[] {
  const { metrics, alerts } = spec.analysis;
  const named = [
    ...metrics.map(({ templateRef }, i) => ({
      path: `spec.analysis.metrics[${i}].templateRef.namespace`,
      namespace: templateRef?.namespace,
    })),
    ...alerts.map(({ providerRef }, i) => ({
      path: `spec.analysis.alerts[${i}].providerRef.namespace`,
      namespace: providerRef.namespace,
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
