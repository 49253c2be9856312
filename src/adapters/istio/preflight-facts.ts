import type { KubeObject } from '../../ports/cluster.ts';
import { DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import type {
  ContainerFacts,
  MeshFacts,
  Preflight,
  PreflightFacts,
  ServiceFacts,
} from '../../ports/preflight.ts';
import { serviceNames } from './hosts.ts';
import { listOf, objectOf, textOf, type Json } from './json.ts';
import { ifAllowed, type Look, type PreflightSettings } from './look.ts';
import { injectionFacts, podFacts } from './pod-facts.ts';
import { routeFacts } from './route-facts.ts';
import { canRoute } from './router.ts';
import { sharedReads } from './shared-reads.ts';

/** Gathers the facts of preflight from the cluster. What may not be read counts as not there. */
export function istioPreflight(settings: PreflightSettings): Preflight {
  const share = sharedReads(SHARED_MS);
  return { facts: (canary, reader) => gather({ canary, reader, settings, share }) };
}

const SHARED_MS = 5000;

async function gather(look: Look): Promise<PreflightFacts> {
  const { canary } = look;
  const { namespace } = canary.metadata;
  const { kind, name } = canary.spec.targetRef;
  const target = await ofTarget(look);
  const services = await ofServices(look, target);
  return {
    target: `${kind} ${namespace}/${name}`,
    namespace,
    containers: target && containersOf(target),
    services: services.map(serviceFacts),
    mesh: await meshFacts(look, target, services),
  };
}

/** Only a Deployment is looked at here; other kinds have no facts about their template. */
function ofTarget({ canary, reader }: Look): Promise<KubeObject | undefined> {
  const { kind, name } = canary.spec.targetRef;
  if (kind !== 'Deployment') return Promise.resolve(undefined);
  return reader.get(DEPLOYMENT, canary.metadata.namespace, name);
}

/** Also Services that are not Linnet's: they may lead past the weights. */
async function ofServices(
  { canary, reader, share }: Look,
  target: KubeObject | undefined,
): Promise<KubeObject[]> {
  const { namespace } = canary.metadata;
  const own = new Set<string>(Object.values(serviceNames(canary)));
  const labels = objectOf(objectOf(templateOf(target)['metadata'])['labels']);
  const selects = (service: KubeObject) => {
    const terms = Object.entries(objectOf(objectOf(service['spec'])['selector']));
    return terms.length > 0 && terms.every(([key, value]) => labels[key] === value);
  };
  const read = () => ifAllowed(reader.list(SERVICE, { namespace }));
  const services = (await share(`services ${namespace}`, read)) ?? [];
  return services.filter((service) => own.has(service.metadata.name) || selects(service));
}

function containersOf(target: KubeObject): ContainerFacts[] {
  return listOf(objectOf(templateOf(target)['spec'])['containers']).map((container) => ({
    name: textOf(container['name']) ?? '',
    hasReadinessProbe: container['readinessProbe'] != null,
  }));
}

function templateOf(target: KubeObject | undefined): Json {
  return objectOf(objectOf(target?.['spec'])['template']);
}

function serviceFacts(service: KubeObject): ServiceFacts {
  const spec = objectOf(service['spec']);
  return {
    name: service.metadata.name,
    selector: objectOf(spec['selector']) as Record<string, string>,
    internalTrafficPolicy: textOf(spec['internalTrafficPolicy']),
  };
}

async function meshFacts(
  look: Look,
  target: KubeObject | undefined,
  services: readonly KubeObject[],
): Promise<MeshFacts | undefined> {
  const { canary, settings } = look;
  const { service } = canary.spec;
  const { kinds } = settings.mesh;
  const isRouted = canRoute(canary, settings.provider) && service !== undefined;
  if (!isRouted || kinds === undefined) return undefined;
  return {
    hasMetrics: await settings.isSeen(canary),
    injection: await injectionFacts(look, services),
    ...(await podFacts(look, target)),
    port: { name: service.portName, appProtocol: service.appProtocol },
    route: await routeFacts(look, kinds),
  };
}
