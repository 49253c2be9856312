import type { Canary } from '../../api/canary.ts';
import type { Problem } from '../../ports/workload.ts';
import { routedService, virtualServiceOf, type Found } from './found.ts';
import type { Plan } from './plan.ts';
import type { IstioSettings } from './settings.ts';
import { userRoutes } from './user-routes.ts';

/** Why this canary's traffic cannot be moved, a sentence each, for a person to act on. */
export function routingProblems(
  canary: Canary,
  found: Found,
  { kinds, clusterDomain }: IstioSettings,
  plans: readonly Plan[],
): Problem[] {
  const { provider = 'istio', targetRef } = canary.spec;
  if (provider !== 'istio') return [otherProvider(provider)];
  if (targetRef.kind === 'VirtualService') return [VERSION_MODE];
  if (kinds === undefined) return [NOT_INSTALLED];
  return [
    ...delegateProblems(canary),
    ...userProblems(canary, found, clusterDomain),
    ...plans.flatMap(foreignProblem),
  ];
}

const VERSION_MODE: Problem = {
  reason: 'VersionModeNotSupported',
  message:
    'spec.targetRef.kind is VirtualService, which this version of Linnet cannot shift yet; name a Deployment or DaemonSet',
};

const NOT_INSTALLED: Problem = {
  reason: 'IstioNotInstalled',
  message:
    'the cluster does not serve VirtualServices of networking.istio.io; install Istio, or set spec.provider to kubernetes',
};

function otherProvider(provider: string): Problem {
  return {
    reason: 'ProviderNotSupported',
    message: `spec.provider is ${provider}, by which this version of Linnet cannot move traffic yet; use istio or kubernetes`,
  };
}

/** Istio's own rule: a delegate is reached through its root. */
function delegateProblems(canary: Canary): Problem[] {
  const { delegation, hosts = [], gateways = [] } = routedService(canary) ?? {};
  if (!delegation || hosts.length + gateways.length === 0) return [];
  const field = hosts.length > 0 ? 'hosts' : 'gateways';
  return [
    {
      reason: 'DelegateWithHosts',
      message: `spec.service.${field} is set, but a VirtualService for delegation has neither hosts nor gateways; remove it or set delegation to false`,
    },
  ];
}

function userProblems(
  canary: Canary,
  { virtualService, living }: Found,
  clusterDomain: string,
): readonly Problem[] {
  const at = virtualServiceOf(canary);
  if (at.owner === 'linnet') return [];
  if (virtualService !== undefined) {
    return userRoutes(virtualService, { canary, clusterDomain, living }).problems;
  }
  const message = `spec.routing.virtualServiceRef names VirtualService ${at.namespace}/${at.name}, which does not exist; create it or remove the field`;
  return [{ reason: 'VirtualServiceNotFound', message }];
}

function foreignProblem({ kind, seen }: Plan): Problem[] {
  if (seen.conformity !== 'foreign') return [];
  const message = `${seen.detail ?? kind.kind}; remove it, or choose another spec.service.name`;
  return [{ reason: `${kind.kind}Foreign`, message }];
}
