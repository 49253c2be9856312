import type { Canary } from '../../api/canary.ts';
import { CANARY_SUFFIX, PRIMARY_SUFFIX } from '../../api/names.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { textAt, textsAt } from './json.ts';

/** The labels by which Flagger tells versions apart unless told otherwise; the first found counts. */
export const SELECTOR_LABELS: readonly string[] = ['app', 'name', 'app.kubernetes.io/name'];

/** The label that tells the pods of both versions apart, and its value on each. */
export interface SelectorLabel {
  readonly key: string;
  readonly target: string;
  readonly primary: string;
}

/** Undefined when the Deployment selects its pods by none of the labels. */
export function selectorLabelOf(
  target: KubeObject,
  candidates: readonly string[],
): SelectorLabel | undefined {
  const selector = textsAt(target, 'spec', 'selector', 'matchLabels');
  const labels = textsAt(target, 'spec', 'template', 'metadata', 'labels');
  const key = candidates.find((label) => label in selector && label in labels);
  const value = key === undefined ? undefined : selector[key];
  if (key === undefined || value === undefined) return undefined;
  return { key, target: value, primary: `${value}${PRIMARY_SUFFIX}` };
}

export function primaryName(canary: Canary): string {
  return `${canary.spec.targetRef.name}${PRIMARY_SUFFIX}`;
}

export interface ServiceNames {
  readonly apex: string;
  readonly primary: string;
  readonly canary: string;
}

export function serviceNames({ spec }: Canary): ServiceNames {
  const apex = spec.service?.name ?? spec.targetRef.name;
  return { apex, primary: `${apex}${PRIMARY_SUFFIX}`, canary: `${apex}${CANARY_SUFFIX}` };
}

/** `Deployment shop/web`, for people. */
export function objectText({ kind, metadata }: KubeObject): string {
  return `${kind} ${textAt(metadata, 'namespace') ?? ''}/${metadata.name}`;
}
