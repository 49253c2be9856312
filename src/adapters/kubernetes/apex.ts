import { isDeepStrictEqual } from 'node:util';
import { CANARY } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { CANARIES } from '../../api/group.ts';
import type { KubeObject } from '../../ports/cluster.ts';
import { SERVICE } from '../../ports/kinds.ts';
import type { Demand } from './demand.ts';
import { isMap, listAt, textAt, textsAt } from './json.ts';
import { objectText } from './naming.ts';
import { isAdoptable } from './ownership.ts';
import { owned, type OwnedField } from './owned-fields.ts';
import {
  adaptedPorts,
  portsOf,
  restoredPorts,
  wantedPorts,
  type ServicePort,
} from './service-ports.ts';
import { selects } from './target.ts';
import { customFields, customMetadata, NO_CUSTOM, ORIGINAL } from './custom-metadata.ts';
import type { ServiceParts } from './service-objects.ts';
import { madeServiceDemand } from './version-services.ts';

/**
 * The Service that callers know. One that Linnet made is wholly its own. One that a user made is
 * taken over: its selector is turned, its ports are adapted, nothing else in it changes, and what
 * was there is kept in an annotation to be given back.
 */
export function apexDemand(
  parts: ServiceParts,
  name: string,
  live: KubeObject | undefined,
  serves: 'primary' | 'target',
): Demand {
  if (live === undefined || isOurs(live, parts.canary)) {
    return madeServiceDemand(parts, 'apex', name, live, serves);
  }
  const fields = serves === 'primary' ? takenOver(parts, live) : givenBack(parts, live);
  return { kind: SERVICE, name, live, fields, foreign: whyNotTaken(parts, live) };
}

function isOurs(live: KubeObject, canary: Canary): boolean {
  return isAdoptable(live, canary) && !(ORIGINAL in (live.metadata.annotations ?? {}));
}

/** Why a user's Service cannot be taken over; undefined when it can. */
function whyNotTaken(
  { canary, target, label }: ServiceParts,
  live: KubeObject,
): string | undefined {
  const holder = live.metadata.annotations?.[CANARY];
  const owner = live.metadata.ownerReferences?.find(({ kind }) => kind === CANARIES.kind);
  const name = owner?.name ?? holder;
  if (name !== undefined && name !== canary.metadata.name) {
    return `${objectText(live)} is held by Canary ${name}, as its owner or its annotation ${CANARY} says`;
  }
  if (textAt(live, 'spec', 'type') === 'ExternalName') {
    return `${objectText(live)} is of type ExternalName and has no pods`;
  }
  const selector = textsAt(live, 'spec', 'selector');
  const labels = textsAt(target, 'spec', 'template', 'metadata', 'labels');
  const isOfWorkload =
    selects(selector, labels) || selects(selector, { ...labels, [label.key]: label.primary });
  return isOfWorkload
    ? undefined
    : `${objectText(live)} selects ${JSON.stringify(selector)}, not the pods of ${objectText(target)}`;
}

interface Original {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
}

function takenOver(
  { canary, service, target, label }: ServiceParts,
  live: KubeObject,
): OwnedField[] {
  const selector = { [label.key]: label.primary };
  return [
    owned(JSON.stringify(originalOf(live, selector)), 'metadata', 'annotations', ORIGINAL),
    owned(canary.metadata.name, 'metadata', 'annotations', CANARY),
    ...customFields(live, customMetadata(service, 'apex')),
    owned(selector, 'spec', 'selector'),
    owned(adaptedPorts(live, wantedPorts(service, target), service), 'spec', 'ports'),
    ...(service.trafficDistribution === undefined
      ? []
      : [owned(service.trafficDistribution, 'spec', 'trafficDistribution')]),
  ];
}

/**
 * What the Service was before Linnet, or what somebody has declared since: a selector that is not
 * ours is what its user wants back (Git applied its manifest again).
 */
function originalOf(live: KubeObject, ours: Readonly<Record<string, string>>): Original {
  const kept = keptOriginal(live);
  if (kept !== undefined && isDeepStrictEqual(textsAt(live, 'spec', 'selector'), ours)) return kept;
  return { selector: textsAt(live, 'spec', 'selector'), ports: kept?.ports ?? portsOf(live) };
}

function keptOriginal(live: KubeObject): Original | undefined {
  const text = live.metadata.annotations?.[ORIGINAL];
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return { selector: textsAt(value, 'selector'), ports: listAt(value, 'ports').filter(isMap) };
  } catch {
    return undefined;
  }
}

function givenBack({ service, target, label }: ServiceParts, live: KubeObject): OwnedField[] {
  const original = keptOriginal(live);
  const ports = wantedPorts(service, target);
  return [
    owned(selectorBack({ target, label }, live, original), 'spec', 'selector'),
    owned(
      original === undefined ? portsOf(live) : restoredPorts(live, original.ports, ports),
      'spec',
      'ports',
    ),
    ...customFields(live, NO_CUSTOM),
    owned(undefined, 'metadata', 'annotations', ORIGINAL),
    owned(undefined, 'metadata', 'annotations', CANARY),
  ];
}

/**
 * The user's selector, as long as it tells the target's pods from the primary's: with one that
 * selects both, the target could never serve alone.
 */
function selectorBack(
  { target, label }: Pick<ServiceParts, 'target' | 'label'>,
  live: KubeObject,
  original: Original | undefined,
): unknown {
  const labels = textsAt(target, 'spec', 'template', 'metadata', 'labels');
  const before = original?.selector ?? textsAt(live, 'spec', 'selector');
  if (!selects(before, labels)) return { [label.key]: label.target };
  return { ...before, ...(label.key in before ? {} : { [label.key]: label.target }) };
}
