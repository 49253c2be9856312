import type { Canary } from '../api/canary.ts';
import type { CanaryService } from '../api/service.ts';
import type { Problem } from '../ports/workload.ts';

/**
 * What the Canary reaches outside its namespace, where `--no-cross-namespace-refs` forbids that. A
 * tenant must not get by Linnet's rights what its own do not give. (Alert providers keep no rollout:
 * what is wrong with them is a condition of its own.)
 */
export function foreignReferences({ metadata, spec }: Canary): Problem[] {
  const { namespace } = metadata;
  return [
    ...named(spec).filter((one) => one.found !== undefined && one.found !== namespace),
    ...gatewaysOutside(spec.service, namespace),
    ...hostsOutside(spec.service, namespace),
  ].map(({ path, found, allowed = `'${namespace}'` }) => ({
    reason: 'CrossNamespaceRef',
    message: `${path}: found '${found}', allowed is ${allowed}, since this Linnet runs with --no-cross-namespace-refs`,
  }));
}

interface Named {
  readonly path: string;
  readonly found: string | undefined;
  /** The Canary's namespace where nothing is said. */
  readonly allowed?: string;
}

/** Fields that name a namespace. */
function named({ analysis, routing, service }: Canary['spec']): Named[] {
  return [
    ...analysis.metrics.map(({ templateRef }, i) => ({
      path: `spec.analysis.metrics[${i}].templateRef.namespace`,
      found: templateRef?.namespace,
    })),
    {
      path: 'spec.routing.virtualServiceRef.namespace',
      found: routing?.virtualServiceRef?.namespace,
    },
    ...(service?.gatewayRefs ?? []).map((parent, i) => ({
      path: `spec.service.gatewayRefs[${i}].namespace`,
      found: parent.namespace,
    })),
    ...(service?.mirror ?? []).map(({ backendRef }, i) => ({
      path: `spec.service.mirror[${i}].backendRef.namespace`,
      found: backendRef.namespace,
    })),
  ];
}

/** On a Gateway of another namespace a route takes hosts that may be somebody else's. */
function gatewaysOutside(service: CanaryService | undefined, namespace: string): Named[] {
  return (service?.gateways ?? []).flatMap((found, i) =>
    !found.includes('/') || found.startsWith(`${namespace}/`)
      ? []
      : [
          {
            path: `spec.service.gateways[${i}]`,
            found,
            allowed: `mesh, or a Gateway of namespace '${namespace}'`,
          },
        ],
  );
}

/** Callers of the whole mesh obey a route for it, whosever host it names. */
function hostsOutside(service: CanaryService | undefined, namespace: string): Named[] {
  const { hosts = [], gateways = ['mesh'] } = service ?? {};
  if (!gateways.includes('mesh')) return [];
  return hosts.flatMap((found, i) =>
    isServiceOf(found, namespace)
      ? []
      : [
          {
            path: `spec.service.hosts[${i}]`,
            found,
            allowed: `a Service of namespace '${namespace}' for the mesh, and other hosts only for gateways without mesh`,
          },
        ],
  );
}

/** `web`, `web.shop`, `web.shop.svc` and what follows; a wildcard stands for Services too. */
function isServiceOf(host: string, namespace: string): boolean {
  const [name, at, svc, ...domain] = host.split('.');
  if (at === undefined) return name !== '*';
  return at === namespace && (svc === undefined ? domain.length === 0 : svc === 'svc');
}
