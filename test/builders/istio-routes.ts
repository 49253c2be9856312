import { istioKinds } from '../../src/adapters/istio/kinds.ts';
import { planManaged, type ManagedObject } from '../../src/adapters/istio/managed-object.ts';
import type { Write } from '../../src/adapters/istio/plan.ts';
import { istioRouter, type IstioSeen } from '../../src/adapters/istio/router.ts';
import type { Routing } from '../../src/adapters/istio/routing.ts';
import { virtualService } from '../../src/adapters/istio/virtual-service.ts';
import type { Canary } from '../../src/api/canary.ts';
import fastJsonPatch from 'fast-json-patch';
import type { KubeObject } from '../../src/ports/cluster.ts';
import type { Intent } from '../../src/ports/intent.ts';
import type { FakeCluster } from './fake-cluster.ts';
import { aCanary, FENCES, type CanaryParts } from './routed-canary.ts';

export const KINDS = istioKinds('v1');
export const ISTIO = { kinds: KINDS, clusterDomain: 'cluster.local' };

/** No weight, no special routes. */
export const IDLE: Routing = {
  canaryWeight: 0,
  matched: false,
  mirrorWeight: 0,
  affinity: undefined,
};

/** One pass as reconcile makes it: observe, carry out; answers what is seen afterwards. */
export async function pass(
  cluster: FakeCluster,
  canary: Canary,
  intent: Intent,
): Promise<IstioSeen> {
  const router = istioRouter(cluster, ISTIO);
  const seen = await router.observe(canary, intent, cluster.reader());
  await router.applyDestinations(canary, canary.status!, intent, seen);
  await router.applyRoutes(canary, canary.status!, intent, seen);
  return router.observe(canary, intent, cluster.reader());
}

/** `spec` of the VirtualService that Linnet would make, as it travels. */
export function generatedSpec(
  parts: CanaryParts,
  routing: Partial<Routing> = {},
): Record<string, unknown> {
  const canary = aCanary(parts);
  const managed = virtualServiceOf(canary, { ...IDLE, ...routing });
  const claimant = { canary, fence: FENCES.virtualService, living: new Set<string>() };
  const { write } = planManaged(managed, undefined, claimant);
  if (write?.verb !== 'create') throw new Error('expected a new object');
  return JSON.parse(JSON.stringify(write.object['spec'])) as Record<string, unknown>;
}

export function virtualServiceOf(canary: Canary, routing: Routing): ManagedObject {
  return virtualService(KINDS.virtualServices, canary, canary.spec.service!, routing);
}

/** What becomes of an object by a patch. */
export function patched(live: KubeObject, write: Write | undefined): KubeObject {
  if (write?.verb !== 'patch') throw new Error('expected a patch');
  return fastJsonPatch.applyPatch(structuredClone(live), write.operations, true).newDocument;
}

/** The destinations of a generated route of `web`. */
export function pair(primary: number, canary: number) {
  return [to('web-primary', primary), to('web-canary', canary)];
}

export function to(host: string, weight?: number, more: object = {}) {
  return { destination: { host, ...more }, ...(weight !== undefined && { weight }) };
}

/** A VirtualService as a user writes it. */
export function aVirtualService(
  name: string,
  spec: object,
  metadata: Partial<KubeObject['metadata']> = {},
): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop', ...metadata },
    spec,
  };
}

export function asObject(canary: Canary): KubeObject {
  return canary as unknown as KubeObject;
}
