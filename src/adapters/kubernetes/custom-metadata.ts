import { CANARY, FENCE } from '../../api/annotations.ts';
import { GROUP } from '../../api/group.ts';
import type { CanaryService } from '../../api/service.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import type { ServiceRole } from './service-objects.ts';
import { owned, type OwnedField } from './owned-fields.ts';

/** Labels and annotations that the spec gives one of the Services. */
export interface CustomMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const NO_CUSTOM: CustomMetadata = { labels: {}, annotations: {} };

/**
 * The labels and annotations that the spec gives a Service, as fields. Their keys are remembered in
 * an annotation, so that one that leaves the spec leaves the Service too.
 */
export function customFields(live: KubeObject, custom: CustomMetadata): OwnedField[] {
  const before = rememberedKeys(live);
  const gone = before.filter(([section, key]) => !(key in custom[section]));
  const now = keysOf(custom);
  return [
    ...now.map(([section, key]) => owned(custom[section][key], 'metadata', section, key)),
    ...gone.map(([section, key]) => owned(undefined, 'metadata', section, key)),
    owned(keysText(custom), 'metadata', 'annotations', CUSTOM_KEYS),
  ];
}

/**
 * What the spec says for this Service, without what others manage and what Linnet itself writes
 * (`ours`: the keys of labels besides those that are always).
 */
export function customMetadata(
  service: CanaryService,
  role: ServiceRole,
  ours: readonly string[] = [],
): CustomMetadata {
  const section = (name: Section) => {
    const skipped = new Set([...(service.unmanagedMetadata?.[name] ?? []), ...RESERVED, ...ours]);
    const entries = Object.entries(service[role]?.[name] ?? {});
    return Object.fromEntries(entries.filter(([key]) => !skipped.has(key)));
  };
  return { labels: section('labels'), annotations: section('annotations') };
}

const SECTIONS = ['labels', 'annotations'] as const;
type Section = (typeof SECTIONS)[number];

/** Of a Service: the keys that the spec gave it. */
export const CUSTOM_KEYS = `${GROUP}/custom-metadata`;
/** Of a user's Service: what it was before Linnet. */
export const ORIGINAL = `${GROUP}/original`;
const RESERVED: readonly string[] = [FENCE, CANARY, CUSTOM_KEYS, ORIGINAL];

function keysOf(custom: CustomMetadata): [Section, string][] {
  return SECTIONS.flatMap((section) =>
    Object.keys(custom[section])
      .toSorted()
      .map((key): [Section, string] => [section, key]),
  );
}

/** `labels/team annotations/example.com/zone`; undefined for none. */
export function keysText(custom: CustomMetadata): string | undefined {
  const keys = keysOf(custom).map(([section, key]) => `${section}/${key}`);
  return keys.length === 0 ? undefined : keys.join(' ');
}

function rememberedKeys(live: KubeObject): [Section, string][] {
  const text = live.metadata.annotations?.[CUSTOM_KEYS] ?? '';
  return text.split(' ').flatMap((entry): [Section, string][] => {
    const section = SECTIONS.find((name) => entry.startsWith(`${name}/`));
    return section === undefined ? [] : [[section, entry.slice(section.length + 1)]];
  });
}
