import type { Canary } from '../api/canary.ts';
import { CANARY_SUFFIX, PRIMARY_SUFFIX } from '../api/names.ts';
import type { NamespacedRef } from '../api/references.ts';
import type { KubeObject } from '../ports/cluster.ts';
import {
  ALERT_PROVIDER,
  CONFIG_MAP,
  DEPLOYMENT,
  DESTINATION_RULE,
  METRIC_TEMPLATE,
  SECRET,
  SERVICE,
  VIRTUAL_SERVICE,
} from '../ports/kinds.ts';
import { configsIn } from './configs-in.ts';

/** `Deployment/shop/web`; `Deployment/shop/*` for all of a namespace. */
export type Reference = string;

export function reference(kind: string, namespace: string | undefined, name: string): Reference {
  return `${kind}/${namespace ?? ''}/${name}`;
}

export const EVERY = '*';

/**
 * Everything by whose name a canary depends on an object, whether the object exists or not. `target`
 * is the live workload that the Canary names, for what its pods mention.
 */
export function referencesOf(canary: Canary, target: KubeObject | undefined): Set<Reference> {
  return new Set([
    ...workloads(canary),
    ...services(canary),
    ...routes(canary),
    ...analysis(canary),
    ...configs(canary, target),
  ]);
}

function workloads({ metadata: { namespace }, spec }: Canary): Reference[] {
  const { targetRef, autoscalerRef } = spec;
  const withPrimary = (kind: string, name: string) => [
    reference(kind, namespace, name),
    reference(kind, namespace, `${name}${PRIMARY_SUFFIX}`),
  ];
  return [
    ...withPrimary(targetRef.kind, targetRef.name),
    ...(autoscalerRef === undefined ? [] : withPrimary(autoscalerRef.kind, autoscalerRef.name)),
  ];
}

function services(canary: Canary): Reference[] {
  const { namespace } = canary.metadata;
  return hosts(canary).map((host) => reference(SERVICE.kind, namespace, host));
}

function routes(canary: Canary): Reference[] {
  const { metadata, spec } = canary;
  const { namespace } = metadata;
  const own = spec.routing?.virtualServiceRef;
  return [
    ...hosts(canary).map((host) => reference(DESTINATION_RULE.kind, namespace, host)),
    ...hosts(canary).map((host) => reference(VIRTUAL_SERVICE.kind, namespace, host)),
    ...(own === undefined ? [] : [named(VIRTUAL_SERVICE.kind, own, namespace)]),
    ...(spec.version === undefined ? [] : versions(namespace)),
  ];
}

/** A version is known by the workloads that a subset selects, and those may have any name. */
function versions(namespace: string): Reference[] {
  const kinds = [DEPLOYMENT, DESTINATION_RULE, SERVICE];
  return kinds.map(({ kind }) => reference(kind, namespace, EVERY));
}

function hosts({ spec }: Canary): string[] {
  const apex = spec.service?.name ?? spec.targetRef.name;
  return [apex, `${apex}${PRIMARY_SUFFIX}`, `${apex}${CANARY_SUFFIX}`];
}

function analysis({ metadata: { namespace }, spec }: Canary): Reference[] {
  const templates = spec.analysis.metrics.flatMap(({ templateRef }) => templateRef ?? []);
  const providers = spec.analysis.alerts.map(({ providerRef }) => providerRef);
  return [
    ...templates.map((ref) => named(METRIC_TEMPLATE.kind, ref, namespace)),
    ...providers.map((ref) => named(ALERT_PROVIDER.kind, ref, namespace)),
  ];
}

function named(kind: string, { namespace, name }: NamespacedRef, nearby: string): Reference {
  return reference(kind, namespace ?? nearby, name);
}

function configs({ metadata, status }: Canary, target: KubeObject | undefined): Reference[] {
  const tracked = Object.keys(status?.trackedConfigs ?? {});
  return [...tracked, ...configsIn(target?.['spec'])].flatMap((key) => {
    const [type, name = ''] = key.split('/');
    const kind = type === 'secret' ? SECRET.kind : CONFIG_MAP.kind;
    return name === '' ? [] : [reference(kind, metadata.namespace, name)];
  });
}
