import type { Answer, ApiObject, ManagedFields } from './api-server.ts';
import type { TestNamespace } from './test-namespace.ts';

/** Applies a configuration, which need not repeat its type and name, as this manager. */
export function applying(ns: TestNamespace) {
  return (
    manager: string,
    resource: string,
    name: string,
    config: object,
    query = '',
  ): Promise<Answer<ApiObject>> =>
    ns.patch('apply', `${resource}/${name}?fieldManager=${manager}${query}`, {
      ...TYPES[resource],
      ...config,
      metadata: { name, ...(config as { metadata?: object }).metadata },
    });
}

const TYPES: Record<string, object> = {
  configmaps: { apiVersion: 'v1', kind: 'ConfigMap' },
  deployments: { apiVersion: 'apps/v1', kind: 'Deployment' },
  widgets: { apiVersion: 'conformance.linnet.dev/v1', kind: 'Widget' },
};

/** Who owns what, without when; a controller of the cluster is not of interest. */
export function ownershipOf({ metadata }: ApiObject): Omit<ManagedFields, 'time'>[] {
  return (metadata.managedFields ?? [])
    .filter(({ manager }) => manager !== 'kube-controller-manager')
    .map(({ time: _time, ...entry }: ManagedFields & { time?: string }) => entry);
}

export function fieldsBy(object: ApiObject): Record<string, object> {
  return Object.fromEntries(
    ownershipOf(object).map(({ manager, fieldsV1 }) => [manager, fieldsV1]),
  );
}
