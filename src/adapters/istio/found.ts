import type { Canary } from '../../api/canary.ts';
import type { CanaryService } from '../../api/service.ts';
import type { ClusterReader, KubeObject } from '../../ports/cluster.ts';
import { livingHolders } from './claims.ts';
import { serviceNames } from './hosts.ts';
import type { IstioKinds } from './kinds.ts';

/** The raw objects of one canary's routes, as they were observed; a write is fenced by them. */
export interface Found {
  readonly virtualService: KubeObject | undefined;
  readonly destinationRules: {
    readonly primary: KubeObject | undefined;
    readonly canary: KubeObject | undefined;
  };
  /** UIDs of the other Canaries that hold something of these objects and exist. */
  readonly living: ReadonlySet<string>;
}

/** Which VirtualService holds a canary's routes, and whether it is the user's. */
export interface VirtualServiceRef {
  readonly namespace: string;
  readonly name: string;
  readonly owner: 'linnet' | 'user';
}

export function virtualServiceOf(canary: Canary): VirtualServiceRef {
  const { namespace } = canary.metadata;
  const ref = canary.spec.routing?.virtualServiceRef;
  return ref === undefined
    ? { namespace, name: serviceNames(canary).apex, owner: 'linnet' }
    : { namespace: ref.namespace ?? namespace, name: ref.name, owner: 'user' };
}

/** The service whose traffic is split; undefined where that is not by Istio's own objects. */
export function routedService({ spec }: Canary): CanaryService | undefined {
  const { provider = 'istio', targetRef, service } = spec;
  return provider !== 'istio' || targetRef.kind === 'VirtualService' ? undefined : service;
}

export async function find(
  canary: Canary,
  { virtualServices, destinationRules }: IstioKinds,
  reader: ClusterReader,
): Promise<Found> {
  const names = serviceNames(canary);
  const { namespace } = canary.metadata;
  const at = virtualServiceOf(canary);
  const [virtualService, ofPrimary, ofCanary] = await Promise.all([
    reader.get(virtualServices, at.namespace, at.name),
    reader.get(destinationRules, namespace, names.primary),
    reader.get(destinationRules, namespace, names.canary),
  ]);
  const objects = [virtualService, ofPrimary, ofCanary];
  return {
    virtualService,
    destinationRules: { primary: ofPrimary, canary: ofCanary },
    living: await livingHolders(objects, canary, reader),
  };
}

/** Of what `find` answers when nothing was read. */
export const NOTHING_FOUND: Found = {
  virtualService: undefined,
  destinationRules: { primary: undefined, canary: undefined },
  living: new Set(),
};
