import type { Template } from './deployment.ts';
import { at, isMap, listAt, textAt } from './json.ts';

export type ConfigKind = 'configmap' | 'secret';

/** A ConfigMap or Secret that pods read: in volumes, `envFrom` or `env`. */
export interface ConfigRef {
  readonly kind: ConfigKind;
  readonly name: string;
  /** Pods start without it. */
  readonly optional: boolean;
}

/** `configmap/settings`: how status and revisions name a config. */
export function configKey({ kind, name }: Pick<ConfigRef, 'kind' | 'name'>): string {
  return `${kind}/${name}`;
}

/** Each config once, in the order of the template. It is optional when every mention of it is. */
export function configRefs(template: Template): ConfigRef[] {
  const refs = new Map<string, ConfigRef>();
  for (const { kind, holder, field } of mentions(template)) {
    const name = textAt(holder, field);
    if (name === undefined || name === '') continue;
    const optional = holder['optional'] === true;
    const key = configKey({ kind, name });
    refs.set(key, { kind, name, optional: optional && (refs.get(key)?.optional ?? true) });
  }
  return [...refs.values()];
}

/** A copy of the template that mentions other names; undefined keeps a name. */
export function withConfigNames(
  template: Template,
  rename: (ref: Pick<ConfigRef, 'kind' | 'name'>) => string | undefined,
): Template {
  const copy = structuredClone(template);
  for (const { kind, holder, field } of mentions(copy)) {
    const name = textAt(holder, field);
    const renamed = name === undefined ? undefined : rename({ kind, name });
    if (renamed !== undefined) holder[field] = renamed;
  }
  return copy;
}

interface Mention {
  readonly kind: ConfigKind;
  /** The map that has the name in its `field`. */
  readonly holder: Record<string, unknown>;
  readonly field: 'name' | 'secretName';
}

function mentions(template: Template): Mention[] {
  const containers = [
    ...listAt(template, 'spec', 'initContainers'),
    ...listAt(template, 'spec', 'containers'),
  ];
  return [
    ...listAt(template, 'spec', 'volumes').flatMap(inVolume),
    ...containers.flatMap((container) => [
      ...listAt(container, 'envFrom').flatMap(inEnvFrom),
      ...listAt(container, 'env').flatMap(inEnv),
    ]),
  ];
}

function inVolume(volume: unknown): Mention[] {
  return [
    ...mention('configmap', at(volume, 'configMap')),
    ...mention('secret', at(volume, 'secret'), 'secretName'),
    ...listAt(volume, 'projected', 'sources').flatMap((source) => [
      ...mention('configmap', at(source, 'configMap')),
      ...mention('secret', at(source, 'secret')),
    ]),
  ];
}

function inEnvFrom(source: unknown): Mention[] {
  return [
    ...mention('configmap', at(source, 'configMapRef')),
    ...mention('secret', at(source, 'secretRef')),
  ];
}

function inEnv(variable: unknown): Mention[] {
  return [
    ...mention('configmap', at(variable, 'valueFrom', 'configMapKeyRef')),
    ...mention('secret', at(variable, 'valueFrom', 'secretKeyRef')),
  ];
}

function mention(kind: ConfigKind, holder: unknown, field: Mention['field'] = 'name'): Mention[] {
  return isMap(holder) ? [{ kind, holder, field }] : [];
}
