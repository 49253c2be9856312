import { isDeepStrictEqual } from 'node:util';
import { CANARY, REVISION } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { PRIMARY_SUFFIX } from '../../api/names.ts';
import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import type { PrimaryIntent } from '../../ports/intent.ts';
import { apiVersionOf, DEPLOYMENT } from '../../ports/kinds.ts';
import type { Demand } from './demand.ts';
import { replicasOf, templateOf, type Template } from './deployment.ts';
import { fingerprint } from './fingerprint.ts';
import { at, textsAt } from './json.ts';
import { objectText, primaryName, type SelectorLabel } from './naming.ts';
import { isAdoptable, ownerReference, ownershipFields, whoseText } from './ownership.ts';
import { owned, type OwnedField } from './owned-fields.ts';
import { flaggerTemplate, primaryTemplate, withoutFlaggerMark } from './primary-template.ts';
import type { Pinned, Revisions } from './revisions.ts';
import type { ServerDefaults } from './server-defaults.ts';
import type { TargetNow } from './target.ts';

/** What the primary is made from. */
export interface PrimaryParts {
  readonly live: KubeObject | undefined;
  readonly target: KubeObject | undefined;
  /** Undefined when neither the target nor the primary tells it. */
  readonly label: SelectorLabel | undefined;
  /** Of the revision that the intent names; undefined when it is not pinned. */
  readonly pinned: Pinned | undefined;
}

/** What the primary Deployment must be. */
export function primaryDemand(
  canary: Canary,
  intent: PrimaryIntent,
  parts: PrimaryParts,
  defaults: ServerDefaults,
): Demand {
  const { live, label, pinned } = parts;
  const demand = { kind: DEPLOYMENT, name: primaryName(canary), live };
  if (label === undefined) {
    return { ...demand, fields: [], blocked: 'no label tells its pods from those of the target' };
  }
  const template = pinned && primaryTemplate(canary, pinned, label);
  if (live === undefined) {
    return template === undefined
      ? { ...demand, fields: [], blocked: notPinned(intent) }
      : { ...demand, fields: [], made: newPrimary(canary, intent, parts.target, label, template) };
  }
  return {
    ...demand,
    foreign: whyForeign(canary, live, label),
    blocked: template || carries(live, intent.revision) ? undefined : notPinned(intent),
    fields: [
      ...ownershipFields(live, canary),
      owned(intent.revision, 'metadata', 'annotations', REVISION),
      owned(label.primary, 'metadata', 'labels', label.key),
      owned(atLeast(live, intent.atLeast), 'spec', 'replicas'),
      ...templateField(live, template, defaults),
      ...inherited(parts.target),
    ],
  };
}

/** Whose the Deployment in the primary's place is, or why it cannot be used; undefined when it can. */
export function whyForeign(
  canary: Canary,
  live: KubeObject,
  label: SelectorLabel,
): string | undefined {
  if (!isAdoptable(live, canary)) return whoseText(live);
  const selector = textsAt(live, 'spec', 'selector', 'matchLabels');
  if (isDeepStrictEqual(selector, { [label.key]: label.primary })) return undefined;
  return `${objectText(live)} selects ${JSON.stringify(selector)} and cannot be made to select ${label.key}=${label.primary}`;
}

/**
 * The revision whose template the primary carries. Its annotation says so, as long as the template
 * bears it out; one that Flagger made is known by its likeness to the target, and any other gets a
 * name of its own. Undefined: somebody changed the template by hand.
 */
export async function primaryRevision(
  canary: Canary,
  live: KubeObject,
  label: SelectorLabel,
  target: TargetNow | undefined,
  tools: { revisions: Revisions; defaults: ServerDefaults; reader: ClusterReader },
): Promise<string | undefined> {
  const named = live.metadata.annotations?.[REVISION];
  if (named === undefined) return likeness(canary, live, label, target) ?? nameOfItsOwn(live);
  const pinned = await tools.revisions.read(canary, named, tools.reader);
  if (pinned === undefined) return named;
  const template = primaryTemplate(canary, pinned, label);
  if (isDeepStrictEqual(template, templateOf(live))) return named;
  return (await tools.defaults.yields(DEPLOYMENT, live, template)) ? named : undefined;
}

/** The selector label as an existing primary tells it, when the target is not there to be asked. */
export function labelOfPrimary(primary: KubeObject): SelectorLabel | undefined {
  const [entry] = Object.entries(textsAt(primary, 'spec', 'selector', 'matchLabels'));
  if (entry === undefined || !entry[1].endsWith(PRIMARY_SUFFIX)) return undefined;
  return { key: entry[0], target: entry[1].slice(0, -PRIMARY_SUFFIX.length), primary: entry[1] };
}

function likeness(
  canary: Canary,
  live: KubeObject,
  label: SelectorLabel,
  target: TargetNow | undefined,
): string | undefined {
  if (target === undefined) return undefined;
  const isLike =
    isDeepStrictEqual(templateOf(live), primaryTemplate(canary, target.content, label)) ||
    isDeepStrictEqual(withoutFlaggerMark(templateOf(live)), flaggerTemplate(target.content, label));
  return isLike ? target.revision : undefined;
}

function nameOfItsOwn(live: KubeObject): string {
  return fingerprint(['primary', templateOf(live)], 10);
}

/** A primary whose revision is not pinned here (a restored cluster) is right as it is. */
function carries(live: KubeObject, revision: string): boolean {
  return (live.metadata.annotations?.[REVISION] ?? nameOfItsOwn(live)) === revision;
}

function notPinned({ revision }: PrimaryIntent): string {
  return `its revision ${revision} is not pinned any more, so its template cannot be made`;
}

function templateField(
  live: KubeObject,
  template: Template | undefined,
  defaults: ServerDefaults,
): OwnedField[] {
  if (template === undefined) return [];
  const isRight =
    isDeepStrictEqual(template, templateOf(live)) || defaults.isKnownToYield(live, template);
  return isRight ? [] : [owned(template, 'spec', 'template')];
}

/** Above the floor, whoever scales it is left alone. */
function atLeast(live: KubeObject, floor: number): unknown {
  return replicasOf(live) >= floor ? at(live, 'spec', 'replicas') : floor;
}

/** How it rolls is the target's business; while that is gone, nothing is known and nothing changes. */
function inherited(target: KubeObject | undefined): OwnedField[] {
  if (target === undefined) return [];
  return INHERITED.map((field) => owned(at(target, 'spec', field), 'spec', field));
}

const INHERITED = [
  'strategy',
  'minReadySeconds',
  'progressDeadlineSeconds',
  'revisionHistoryLimit',
] as const;

function newPrimary(
  canary: Canary,
  intent: PrimaryIntent,
  target: KubeObject | undefined,
  label: SelectorLabel,
  template: Template,
): KubeObject {
  const spec = inherited(target).filter(({ value }) => value !== undefined);
  const selector = { [label.key]: label.primary };
  return {
    apiVersion: apiVersionOf(DEPLOYMENT),
    kind: DEPLOYMENT.kind,
    metadata: {
      name: primaryName(canary),
      namespace: canary.metadata.namespace,
      labels: selector,
      annotations: { [CANARY]: canary.metadata.name, [REVISION]: intent.revision },
      ownerReferences: [ownerReference(canary)],
    },
    spec: {
      replicas: intent.strength,
      selector: { matchLabels: selector },
      template,
      ...Object.fromEntries(spec.map(({ path, value }) => [path.at(-1), value])),
    },
  };
}
