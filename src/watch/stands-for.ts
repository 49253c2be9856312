import type { KubeObject, LocalStore, ResourceKind } from '../ports/cluster.ts';
import {
  ALERT_PROVIDER,
  DAEMON_SET,
  DEPLOYMENT,
  ENDPOINT_SLICE,
  HORIZONTAL_POD_AUTOSCALER,
  METRIC_TEMPLATE,
  SCALED_OBJECT,
  SECRET,
  SERVICE,
} from '../ports/kinds.ts';
import { type Reference, reference } from './references.ts';

/**
 * What a canary may refer to when it depends on this object: the object itself, and others that
 * this one completes. A slice stands for its Service, an autoscaler for what it scales.
 */
export function standsFor(object: KubeObject, store: LocalStore): Reference[] {
  const { kind, metadata } = object;
  const itself = reference(kind, metadata.namespace, metadata.name);
  return [itself, ...(COMPLETES[kind]?.(object, store) ?? [])];
}

/** Label of an EndpointSlice that names its Service. */
export const SERVICE_NAME = 'kubernetes.io/service-name';

type Completes = (object: KubeObject, store: LocalStore) => Reference[];

const COMPLETES: Readonly<Record<string, Completes>> = {
  [ENDPOINT_SLICE.kind]: serviceOfSlice,
  [HORIZONTAL_POD_AUTOSCALER.kind]: scaled,
  [SCALED_OBJECT.kind]: scaled,
  [SERVICE.kind]: selected,
  [SECRET.kind]: usersOfSecret,
};

function serviceOfSlice({ metadata }: KubeObject): Reference[] {
  const service = metadata.labels?.[SERVICE_NAME];
  return service === undefined ? [] : [reference(SERVICE.kind, metadata.namespace, service)];
}

function scaled({ metadata, spec }: KubeObject): Reference[] {
  const { scaleTargetRef } = (spec ?? {}) as {
    scaleTargetRef?: { kind?: string; name?: string };
  };
  if (scaleTargetRef?.name === undefined) return [];
  const { kind = DEPLOYMENT.kind, name } = scaleTargetRef;
  return [reference(kind, metadata.namespace, name)];
}

/** Workloads whose pods the Service selects: one that nobody knew of may hold a target up. */
function selected({ metadata, spec }: KubeObject, store: LocalStore): Reference[] {
  const { selector } = (spec ?? {}) as { selector?: Record<string, string> };
  const wanted = Object.entries(selector ?? {});
  if (wanted.length === 0) return [];
  return [DEPLOYMENT, DAEMON_SET]
    .flatMap((kind) => store.list(kind, metadata.namespace))
    .filter((workload) => {
      const labels = podLabels(workload);
      return wanted.every(([name, value]) => labels[name] === value);
    })
    .map(({ kind, metadata: { namespace, name } }) => reference(kind, namespace, name));
}

function podLabels({ spec }: KubeObject): Record<string, string> {
  const { template } = (spec ?? {}) as {
    template?: { metadata?: { labels?: Record<string, string> } };
  };
  return template?.metadata?.labels ?? {};
}

/** Templates and providers that take their credentials from the Secret. */
function usersOfSecret({ metadata }: KubeObject, store: LocalStore): Reference[] {
  const users = (kind: ResourceKind, secretOf: (spec: unknown) => string | undefined) =>
    store
      .list(kind, metadata.namespace)
      .filter(({ spec }) => secretOf(spec) === metadata.name)
      .map(({ metadata: user }) => reference(kind.kind, user.namespace, user.name));
  return [
    ...users(ALERT_PROVIDER, secretIn),
    ...users(METRIC_TEMPLATE, (spec) => secretIn((spec as { provider?: unknown }).provider)),
  ];
}

function secretIn(part: unknown): string | undefined {
  return ((part ?? {}) as { secretRef?: { name?: string } }).secretRef?.name;
}
