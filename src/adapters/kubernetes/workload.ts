import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import type { ApiClient, ClusterReader, KubeObject } from '../../ports/cluster.ts';
import type { Intent } from '../../ports/intent.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import type {
  Pin,
  PodsSeen,
  PrimarySeen,
  TargetSeen,
  Workload,
  WorkloadSeen,
} from '../../ports/workload.ts';
import {
  leastReplicas,
  primaryScalerDemand,
  readScalers,
  targetScalerDemand,
} from './autoscaler.ts';
import { Configs } from './configs.ts';
import { carryOut, compare, compareAll, conflict, unneeded, type Demand } from './demand.ts';
import { templateOf } from './deployment.ts';
import { primaryName, SELECTOR_LABELS, selectorLabelOf } from './naming.ts';
import { NO_PODS, Pods } from './pods.ts';
import { labelOfPrimary, primaryDemand, primaryRevision, whyForeign } from './primary.ts';
import { Revisions } from './revisions.ts';
import { ServerDefaults } from './server-defaults.ts';
import { servicesHolding, targetDemand, targetRevision, type TargetNow } from './target.ts';
import { NOTHING_READ, problemsOf, type WorkloadObjects } from './workload-objects.ts';

export interface DeploymentsSeen extends WorkloadSeen {
  readonly objects: WorkloadObjects;
}

export interface WorkloadOptions {
  /** The labels that may tell both versions' pods apart; the first found counts. */
  readonly selectorLabels?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The port `Workload` for a Deployment and its primary. */
export class DeploymentWorkload implements Workload<DeploymentsSeen> {
  readonly #api: ApiClient;
  readonly #selectorLabels: readonly string[];
  readonly #configs: Configs;
  readonly #revisions: Revisions;
  readonly #defaults: ServerDefaults;
  readonly #pods: Pods;

  constructor(api: ApiClient, { selectorLabels, now }: WorkloadOptions = {}) {
    this.#api = api;
    this.#selectorLabels = selectorLabels ?? SELECTOR_LABELS;
    this.#pods = new Pods(now ?? Date.now);
    this.#configs = new Configs(api);
    this.#revisions = new Revisions(api, this.#configs);
    this.#defaults = new ServerDefaults(api);
  }

  async observe(canary: Canary, intent: Intent, reader: ClusterReader): Promise<DeploymentsSeen> {
    const objects = await this.#read(canary, intent, reader);
    const revision = await this.#primaryRevision(canary, objects, reader);
    const demands = await this.#primaryDemands(canary, intent, objects, reader);
    const ofPrimary = [...present(demands.primary), ...present(demands.autoscaler)];
    const pods = (object: KubeObject) => this.#pods.of(canary, object, reader);
    const { target, primary } = objects;
    return {
      target: target && targetSeen(canary, intent, objects, target, await pods(target.object)),
      primary: primarySeen(canary, objects, demands, revision, primary && (await pods(primary))),
      problems: problemsOf(canary, objects, ofPrimary, this.#selectorLabels),
      objects,
    };
  }

  async pin(canary: Canary, seen: DeploymentsSeen, revision: string): Promise<void> {
    const { target, primary } = seen.objects;
    if (target?.revision === revision) {
      return this.#revisions.pin(canary, revision, target.content);
    }
    if (await this.#revisions.renew(canary, revision)) return;
    if (primary !== undefined && seen.primary?.revision === revision) {
      const content = { template: templateOf(primary), configs: {}, ofPrimary: true };
      return this.#revisions.pin(canary, revision, content);
    }
    throw conflict(`the target does not run revision ${revision} any more`);
  }

  async applyPrimary(
    canary: Canary,
    { fences }: CanaryStatus,
    intent: Intent,
    { objects }: DeploymentsSeen,
  ): Promise<void> {
    const demands = await this.#primaryDemands(canary, intent, objects, this.#api);
    await carryOut(this.#api, present(demands.primary), fences.primary);
    await carryOut(this.#api, present(demands.autoscaler), fences.autoscaler);
  }

  async applyTarget(
    canary: Canary,
    { fences }: CanaryStatus,
    intent: Intent,
    { objects }: DeploymentsSeen,
  ): Promise<void> {
    if (objects.target === undefined) return;
    await carryOut(
      this.#api,
      targetDemands(canary, intent, objects.target, objects),
      fences.target,
    );
  }

  async unnamed(
    canary: Canary,
    status: CanaryStatus,
    reader: ClusterReader,
  ): Promise<readonly Pin[]> {
    return this.#revisions.unnamed(canary, status, await ofPrimary(canary, reader), reader);
  }

  async prune(canary: Canary, unnamed: readonly Pin[]): Promise<void> {
    if (unnamed.length === 0) return;
    await this.#revisions.remove(canary, unnamed, await ofPrimary(canary, this.#api));
  }

  async #read(canary: Canary, intent: Intent, reader: ClusterReader): Promise<WorkloadObjects> {
    const { targetRef } = canary.spec;
    if (targetRef.kind !== 'Deployment') return NOTHING_READ;
    const { namespace } = canary.metadata;
    const [target, primary, scalers] = await Promise.all([
      this.#targetNow(canary, intent, reader),
      reader.get(DEPLOYMENT, namespace, primaryName(canary)),
      readScalers(canary, reader),
    ]);
    const label = target?.label ?? (primary && labelOfPrimary(primary));
    return { target, primary, label, scalers };
  }

  async #targetNow(
    canary: Canary,
    { target: intent }: Intent,
    reader: ClusterReader,
  ): Promise<TargetNow | undefined> {
    const { name } = canary.spec.targetRef;
    const { namespace } = canary.metadata;
    const mayIdle = intent.replicas === 'untouched' || intent.mode === 'exactly';
    // Together, as long as they take where the API server is slow: what was observed more than ten
    // seconds ago is not acted on.
    const [object, services] = await Promise.all([
      reader.get(DEPLOYMENT, namespace, name),
      mayIdle ? reader.list(SERVICE, { namespace }) : undefined,
    ]);
    if (object === undefined) return undefined;
    const configs = await this.#configs.checksums(object, reader);
    const content = { template: templateOf(object), configs };
    const tools = { revisions: this.#revisions, defaults: this.#defaults, reader };
    const revision = await targetRevision(canary, object, content, tools);
    const label = selectorLabelOf(object, this.#selectorLabels);
    const held = label && services && servicesHolding(canary, object, label, services);
    return { object, label, content, revision, held };
  }

  async #primaryRevision(
    canary: Canary,
    { primary, label, target }: WorkloadObjects,
    reader: ClusterReader,
  ): Promise<string | undefined> {
    if (primary === undefined || label === undefined) return undefined;
    if (whyForeign(canary, primary, label) !== undefined) return undefined;
    const tools = { revisions: this.#revisions, defaults: this.#defaults, reader };
    return primaryRevision(canary, primary, label, target, tools);
  }

  async #primaryDemands(
    canary: Canary,
    { primary: intent }: Intent,
    { primary: live, label, target, scalers }: WorkloadObjects,
    reader: Pick<ClusterReader, 'get'>,
  ): Promise<PrimaryDemands> {
    if (intent === 'untouched' || canary.spec.targetRef.kind !== 'Deployment') return {};
    const { revision } = intent;
    const pinned = await this.#revisions.read(canary, revision, reader);
    const content = pinned ?? (target?.revision === revision ? target.content : undefined);
    const parts = { live, target: target?.object, label, pinned: content };
    return {
      primary: primaryDemand(canary, intent, parts, this.#defaults),
      autoscaler: primaryScalerDemand(canary, intent.atLeast, scalers),
    };
  }
}

/** What the primary runs. */
async function ofPrimary(
  canary: Canary,
  reader: Pick<ClusterReader, 'get'>,
): Promise<ReturnType<typeof templateOf>> {
  const { namespace } = canary.metadata;
  const primary = await reader.get(DEPLOYMENT, namespace, primaryName(canary));
  return primary === undefined ? {} : templateOf(primary);
}

interface PrimaryDemands {
  readonly primary?: Demand;
  readonly autoscaler?: Demand | undefined;
}

function targetSeen(
  canary: Canary,
  intent: Intent,
  objects: WorkloadObjects,
  target: TargetNow,
  pods: PodsSeen,
): TargetSeen {
  const { object, revision, content, held } = target;
  const demands = targetDemands(canary, intent, target, objects);
  return {
    revision,
    configs: content.configs,
    pods,
    object:
      demands.length === 0 ? unneeded(object) : compareAll(demands, canary.status?.fences.target),
    autoscalerMin: leastReplicas(canary, objects.scalers),
    heldByServices: held ?? [],
  };
}

function primarySeen(
  canary: Canary,
  { primary: live, scalers }: WorkloadObjects,
  { primary, autoscaler }: PrimaryDemands,
  revision: string | undefined,
  pods: PodsSeen | undefined,
): PrimarySeen | undefined {
  if (live === undefined && primary === undefined) return undefined;
  const fences = canary.status?.fences;
  return {
    object: primary ? compare(primary, fences?.primary) : unneeded(live),
    autoscaler: autoscaler ? compare(autoscaler, fences?.autoscaler) : unneeded(scalers.primary),
    revision,
    pods: pods ?? NO_PODS,
  };
}

function targetDemands(
  canary: Canary,
  { target: intent }: Intent,
  target: TargetNow,
  { scalers }: WorkloadObjects,
): Demand[] {
  const scaler = targetScalerDemand(canary, intent, scalers, target.held);
  return [...present(targetDemand(target, intent)), ...present(scaler)];
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
