import type { Canary } from '../../api/canary.ts';
import { PRIMARY_SUFFIX } from '../../api/names.ts';
import { configKey, withConfigNames, type ConfigRef } from './config-refs.ts';
import { copyName } from './config-copies.ts';
import type { Template } from './deployment.ts';
import { isMap, listAt, textAt } from './json.ts';
import type { SelectorLabel } from './naming.ts';
import type { Pinned } from './revisions.ts';

/**
 * The template that the primary runs for a pinned revision: the same, with a label value of its
 * own, immutable copies of its configs, and affinity to its own pods where the target had it to its.
 * It may be shared: leave it as it is.
 */
export function primaryTemplate(canary: Canary, pinned: Pinned, label: SelectorLabel): Template {
  if (pinned.ofPrimary === true) return pinned.template;
  const place = JSON.stringify([canary.metadata.uid, label]);
  const known = MADE.get(pinned);
  if (known?.place === place) return known.template;
  const template = renamed(pinned.template, label, (ref) => {
    const checksum = pinned.configs[configKey(ref)];
    return checksum === undefined ? undefined : copyName(canary, ref, checksum);
  });
  MADE.set(pinned, { place, template });
  return template;
}

/** What a revision was pinned as never changes, and every look asks for it. */
const MADE = new WeakMap<Pinned, { readonly place: string; readonly template: Template }>();

/**
 * The template that Flagger's primary has for the same revision: its copies of configs are called
 * `<name>-primary`. To be compared with `withoutFlaggerMark` of what is there.
 */
export function flaggerTemplate(pinned: Pinned, label: SelectorLabel): Template {
  const copied = renamed(pinned.template, label, (ref) =>
    configKey(ref) in pinned.configs ? `${ref.name}${PRIMARY_SUFFIX}` : undefined,
  );
  return withoutFlaggerMark(copied);
}

/** Without the annotation that Flagger sets anew with every promotion. */
export function withoutFlaggerMark(template: Template): Template {
  const copy = structuredClone(template);
  const { metadata } = copy;
  if (!isMap(metadata) || !isMap(metadata['annotations'])) return copy;
  delete metadata['annotations']['flagger-id'];
  if (Object.keys(metadata['annotations']).length === 0) delete metadata['annotations'];
  return copy;
}

function renamed(
  template: Template,
  label: SelectorLabel,
  configName: (ref: Pick<ConfigRef, 'kind' | 'name'>) => string | undefined,
): Template {
  const copy = withConfigNames(template, configName);
  const { metadata, spec } = copy;
  if (isMap(metadata) && isMap(metadata['labels'])) metadata['labels'][label.key] = label.primary;
  if (isMap(spec)) {
    turnSelectors(spec['affinity'], label);
    turnSelectors(spec['topologySpreadConstraints'], label);
  }
  return copy;
}

/** Changes in place, below affinity or spread constraints, each `labelSelector` of the own pods. */
function turnSelectors(value: unknown, label: SelectorLabel): void {
  if (Array.isArray(value)) for (const inner of value) turnSelectors(inner, label);
  if (!isMap(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === 'labelSelector') turnSelector(inner, label);
    else turnSelectors(inner, label);
  }
}

function turnSelector(selector: unknown, { key, target, primary }: SelectorLabel): void {
  if (!isMap(selector)) return;
  const { matchLabels } = selector;
  if (isMap(matchLabels) && matchLabels[key] === target) matchLabels[key] = primary;
  for (const expression of listAt(selector, 'matchExpressions').filter(isMap)) {
    if (textAt(expression, 'key') !== key || !Array.isArray(expression['values'])) continue;
    expression['values'] = expression['values'].map((value: unknown) =>
      value === target ? primary : value,
    );
  }
}
