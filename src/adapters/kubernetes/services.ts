import type { Canary } from '../../api/canary.ts';
import type { CanaryStatus } from '../../api/status.ts';
import type { ApiClient, ClusterReader } from '../../ports/cluster.ts';
import type { Intent, ServicesIntent } from '../../ports/intent.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import type { Services, ServicesSeen } from '../../ports/services.ts';
import { apexDemand } from './apex.ts';
import { carryOut, compareAll, type Demand } from './demand.ts';
import { endpointsOf, NO_ENDPOINTS, whoServes, type Endpoints } from './endpoints.ts';
import { SELECTOR_LABELS, selectorLabelOf, serviceNames } from './naming.ts';
import { serviceProblems } from './service-problems.ts';
import type { ServiceObjects } from './service-objects.ts';
import { madeServiceDemand } from './version-services.ts';

export interface KubernetesServicesSeen extends ServicesSeen {
  readonly objects: ServiceObjects;
}

/** The port `Services`: apex, `-primary` and `-canary`. */
export class KubernetesServices implements Services<KubernetesServicesSeen> {
  readonly #api: ApiClient;
  readonly #selectorLabels: readonly string[];

  /** `selectorLabels`: as for the workload. */
  constructor(api: ApiClient, selectorLabels: readonly string[] = SELECTOR_LABELS) {
    this.#api = api;
    this.#selectorLabels = selectorLabels;
  }

  async observe(
    canary: Canary,
    intent: Intent,
    reader: ClusterReader,
  ): Promise<KubernetesServicesSeen> {
    // One after the other they would take too long where the API server is slow: what was observed
    // more than ten seconds ago is not acted on.
    const [objects, [apex, primary, target]] = await Promise.all([
      this.#read(canary, reader),
      endpointsOfAll(canary, reader),
    ]);
    const demands = demandsFor(objects, intent.services);
    return {
      object: compareAll(demands, canary.status?.fences.services),
      primaryEndpoints: primary.ready.size,
      canaryEndpoints: target.ready.size,
      apexServes: whoServes(apex, primary, target),
      problems: serviceProblems(objects, demandsFor(objects, ALL)),
      objects,
    };
  }

  async apply(
    _canary: Canary,
    { fences }: CanaryStatus,
    intent: Intent,
    { objects }: KubernetesServicesSeen,
  ): Promise<void> {
    await carryOut(this.#api, demandsFor(objects, intent.services), fences.services);
  }

  async #read(canary: Canary, reader: ClusterReader): Promise<ServiceObjects> {
    const { spec, metadata } = canary;
    if (!hasServices(canary) || spec.service === undefined) return NOTHING_READ;
    const names = serviceNames(canary);
    const get = (name: string) => reader.get(SERVICE, metadata.namespace, name);
    const [target, apex, primary, versionCanary] = await Promise.all([
      reader.get(DEPLOYMENT, metadata.namespace, spec.targetRef.name),
      get(names.apex),
      get(names.primary),
      get(names.canary),
    ]);
    const label = target && selectorLabelOf(target, this.#selectorLabels);
    const parts = target && label && { canary, service: spec.service, target, label };
    return { parts, apex, primary, canary: versionCanary };
  }
}

const NOTHING_READ: ServiceObjects = {
  parts: undefined,
  apex: undefined,
  primary: undefined,
  canary: undefined,
};

/** What is found wrong is told before it is needed. */
const ALL: ServicesIntent = { versions: true, apex: 'primary' };

function hasServices({ spec }: Canary): boolean {
  return spec.targetRef.kind === 'Deployment' && spec.service !== undefined;
}

/** Of apex, primary and canary. */
async function endpointsOfAll(
  canary: Canary,
  reader: ClusterReader,
): Promise<[Endpoints, Endpoints, Endpoints]> {
  const names = hasServices(canary) ? serviceNames(canary) : undefined;
  const services = names === undefined ? [] : [names.apex, names.primary, names.canary];
  const found = await endpointsOf(reader, canary.metadata.namespace, services);
  const of = (service: string | undefined) => found.get(service ?? '') ?? NO_ENDPOINTS;
  return [of(names?.apex), of(names?.primary), of(names?.canary)];
}

/** The versions before the apex, which is to turn to what exists. */
function demandsFor(objects: ServiceObjects, intent: ServicesIntent): Demand[] {
  const { parts, apex, primary, canary } = objects;
  if (parts === undefined) return [];
  const names = serviceNames(parts.canary);
  const versions = [
    madeServiceDemand(parts, 'primary', names.primary, primary, 'primary'),
    madeServiceDemand(parts, 'canary', names.canary, canary, 'target'),
  ];
  return [
    ...(intent.versions ? versions : []),
    ...(intent.apex === 'untouched' ? [] : [apexDemand(parts, names.apex, apex, intent.apex)]),
  ];
}
