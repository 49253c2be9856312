import type { Canary } from '../../api/canary.ts';
import { CANARY_SUFFIX, PRIMARY_SUFFIX } from '../../api/names.ts';

/** Names of the three Services of a canary, in its namespace. */
export interface ServiceNames {
  readonly apex: string;
  readonly primary: string;
  readonly canary: string;
}

export function serviceNames({ spec }: Canary): ServiceNames {
  const apex = spec.service?.name ?? spec.targetRef.name;
  return { apex, primary: `${apex}${PRIMARY_SUFFIX}`, canary: `${apex}${CANARY_SUFFIX}` };
}

export interface ServiceRef {
  readonly name: string;
  readonly namespace: string;
}

/**
 * The Service that a host names, read as Istio does: a name without dots belongs to the namespace
 * of the object that says it, any other is taken as a full name. Undefined for hosts outside.
 */
export function serviceAt(
  host: string,
  namespace: string,
  clusterDomain: string,
): ServiceRef | undefined {
  if (!host.includes('.')) return { name: host, namespace };
  const [name, ns, ...rest] = host.split('.');
  const isService = rest.join('.') === `svc.${clusterDomain}`;
  return isService && name && ns ? { name, namespace: ns } : undefined;
}

/** The same host in the same form, for another Service of its namespace. */
export function renamed(host: string, name: string): string {
  const dot = host.indexOf('.');
  return dot === -1 ? name : `${name}${host.slice(dot)}`;
}
