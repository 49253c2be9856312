import { isDeepStrictEqual } from 'node:util';
import type { Canary } from '../../api/canary.ts';
import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import type { TargetIntent } from '../../ports/intent.ts';
import { DEPLOYMENT } from '../../ports/kinds.ts';
import type { Problem } from '../../ports/workload.ts';
import type { Demand } from './demand.ts';
import { replicasOf, templateOf } from './deployment.ts';
import { at, textAt, textsAt } from './json.ts';
import { objectText, serviceNames, type SelectorLabel } from './naming.ts';
import { owned } from './owned-fields.ts';
import { revisionName, type Pinned, type Revisions } from './revisions.ts';
import type { ServerDefaults } from './server-defaults.ts';

/** The target as it was read. */
export interface TargetNow {
  readonly object: KubeObject;
  /** Undefined when it has none of the selector labels: a problem. */
  readonly label: SelectorLabel | undefined;
  readonly content: Pinned;
  readonly revision: string;
  /** Services outside Linnet's hold that only the target's pods serve; undefined: nobody looked. */
  readonly held: readonly string[] | undefined;
}

/**
 * The revision that the target runs: that of a pinned one which is equal, or equal but for what the
 * API server adds; otherwise a new name for what it is (DESIGN section 3).
 */
export async function targetRevision(
  canary: Canary,
  object: KubeObject,
  content: Pinned,
  tools: { revisions: Revisions; defaults: ServerDefaults; reader: ClusterReader },
): Promise<string> {
  const name = revisionName(content);
  const candidates = [canary.status?.revision, canary.status?.lastPromotedSpec];
  if (candidates.includes(name)) return name;
  const pinned = [];
  for (const revision of new Set(candidates)) {
    const one = revision && (await tools.revisions.read(canary, revision, tools.reader));
    const isComparable = one && one.ofPrimary !== true;
    if (isComparable && isDeepStrictEqual(one.configs, content.configs)) {
      pinned.push({ revision, template: one.template });
    }
  }
  const equal = pinned.find(({ template }) => isDeepStrictEqual(template, content.template));
  if (equal !== undefined) return equal.revision;
  for (const { revision, template } of pinned) {
    if (await tools.defaults.yields(DEPLOYMENT, object, template)) return revision;
  }
  return name;
}

/**
 * Services that would lose all their endpoints if the target had no pods: they select its pods, but
 * not the primary's, and are none of the three that Linnet holds.
 */
export function servicesHolding(
  canary: Canary,
  target: KubeObject,
  label: SelectorLabel,
  services: readonly KubeObject[],
): string[] {
  const held = Object.values<string>({ ...serviceNames(canary) });
  const labels = textsAt(templateOf(target), 'metadata', 'labels');
  const primaryLabels = { ...labels, [label.key]: label.primary };
  return services
    .filter((service) => !held.includes(service.metadata.name))
    .filter((service) => textAt(service, 'spec', 'type') !== 'ExternalName')
    .map((service) => ({ service, selector: textsAt(service, 'spec', 'selector') }))
    .filter(({ selector }) => selects(selector, labels) && !selects(selector, primaryLabels))
    .map(({ service }) => service.metadata.name)
    .toSorted();
}

/** Whether a Service with this selector takes pods with these labels; without a selector, none. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const terms = Object.entries(selector);
  return terms.length > 0 && terms.every(([key, value]) => labels[key] === value);
}

/** The target's replicas; undefined when the intent leaves them alone. */
export function targetDemand(
  { object, held }: TargetNow,
  intent: TargetIntent,
): Demand | undefined {
  if (intent.replicas === 'untouched') return undefined;
  const live = replicasOf(object);
  const replicas = intent.mode === 'exactly' ? intent.replicas : Math.max(live, intent.replicas);
  const unchanged = replicas === live ? at(object, 'spec', 'replicas') : replicas;
  return {
    kind: DEPLOYMENT,
    name: object.metadata.name,
    live: object,
    fields: [owned(unchanged, 'spec', 'replicas')],
    blocked: replicas === 0 && live !== 0 ? obstacle(held) : undefined,
  };
}

/** Why a target must keep its pods. */
export function obstacle(held: readonly string[] | undefined): string | undefined {
  if (held === undefined) return 'its Services have not been looked at yet';
  return held.length === 0 ? undefined : `keeps its pods, Service ${held.join(', ')} needs them`;
}

/** What keeps the target from being managed. */
export function targetProblems(
  { object, label }: TargetNow,
  candidates: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  if (label === undefined) {
    problems.push({
      reason: 'SelectorLabelMissing',
      message: `${objectText(object)}: spec.selector.matchLabels and the pod template's labels share none of ${candidates.join(', ')}; give both one of them, it tells the pods of the primary from those of the target.`,
    });
  }
  if (at(object, 'spec', 'paused') === true) {
    problems.push({
      reason: 'TargetPaused',
      message: `${objectText(object)}: spec.paused is true, so a new version would never start; set it to false.`,
    });
  }
  return problems;
}
