import { CANARY, CLAIMED_BY, FENCE } from '../../api/annotations.ts';
import type { Canary } from '../../api/canary.ts';
import { TARGET_CLAIMED } from '../../ports/canaries.ts';
import type { ApiClient, KubeObject, LocalStore, ResourceKind } from '../../ports/cluster.ts';
import { ClusterError } from '../../ports/cluster.ts';
import { CANARY_KIND, DAEMON_SET, DEPLOYMENT, SERVICE } from '../../ports/kinds.ts';
import { textAt } from './json.ts';
import { serviceNames } from './naming.ts';

export interface Claims {
  /**
   * Makes the target this canary's, before anything else of it is touched. No request when it is
   * already. Rejects with a `ClusterError` of reason `TARGET_CLAIMED` that says whose it is, or with
   * a conflict. A target that does not exist, or whose routes the router claims, is left alone.
   */
  claim(canary: Canary): Promise<void>;
  /**
   * Takes the claim back, if it is this canary's, and with it what the target and a Service that was
   * taken over still tell of it. Whoever is stale finds no stamp then, and no Canary to write for.
   */
  yield(canary: Canary): Promise<void>;
}

/** Claims by annotation, written under the target's resourceVersion: of two, one gets it. */
export function claims(api: ApiClient, store: LocalStore): Claims {
  type Annotations = Readonly<Record<string, string | null>>;

  async function annotate(object: KubeObject, kind: ResourceKind, annotations: Annotations) {
    const { namespace, name, resourceVersion } = object.metadata;
    await api.patch(kind, namespace, name, 'merge', { metadata: { resourceVersion, annotations } });
  }

  /** One that Linnet made goes with its Canary; one that was given back is its user's alone. */
  async function forgetService(canary: Canary): Promise<void> {
    const { apex } = serviceNames(canary);
    const service = await api.get(SERVICE, canary.metadata.namespace, apex);
    const { annotations = {}, ownerReferences = [] } = service?.metadata ?? {};
    const isHeld = CANARY in annotations || ownerReferences.length > 0;
    if (service === undefined || isHeld || !(FENCE in annotations)) return;
    await annotate(service, SERVICE, { [FENCE]: null });
  }

  return {
    async claim(canary) {
      const { uid, namespace } = canary.metadata;
      const { name } = canary.spec.targetRef;
      const kind = kindOf(canary);
      if (kind === undefined) return;
      const known = store.get(kind, namespace, name);
      if (holderUid(known) === uid) return;
      // The store may lag behind: that nobody holds it is proved by the write, that somebody does is not.
      const isFree = known !== undefined && holderUid(known) === undefined;
      const target = isFree ? known : await api.get(kind, namespace, name);
      if (target === undefined || holderUid(target) === uid) return;
      const holder = await holderOf(target, canary, api);
      if (holder !== undefined) throw claimed(target, canary, holder);
      await annotate(target, kind, { [CLAIMED_BY]: uid });
    },
    async yield(canary) {
      const kind = kindOf(canary);
      if (kind === undefined) return;
      const { uid, namespace } = canary.metadata;
      const target = await api.get(kind, namespace, canary.spec.targetRef.name);
      if (target === undefined || holderUid(target) !== uid) return;
      await forgetService(canary);
      await annotate(target, kind, { [CLAIMED_BY]: null, [FENCE]: null });
    },
  };
}

/** In version mode nothing is claimed but routes, and those are the router's to claim. */
function kindOf({ spec }: Canary): ResourceKind | undefined {
  switch (spec.targetRef.kind) {
    case 'Deployment':
      return DEPLOYMENT;
    case 'DaemonSet':
      return DAEMON_SET;
    case 'Service':
      return SERVICE;
    case 'VirtualService':
      return undefined;
  }
}

function holderUid(target: KubeObject | undefined): string | undefined {
  return target?.metadata.annotations?.[CLAIMED_BY];
}

/**
 * The other Canary whose claim counts. A claim is void when its Canary is gone, or names another
 * target by now; Canaries name targets of their own namespace only.
 */
async function holderOf(
  target: KubeObject,
  { metadata: { namespace } }: Canary,
  api: ApiClient,
): Promise<KubeObject | undefined> {
  const uid = holderUid(target);
  if (uid === undefined) return undefined;
  const { items } = await api.list(CANARY_KIND, { namespace });
  return items.find(
    (canary) =>
      canary.metadata.uid === uid &&
      textAt(canary, 'spec', 'targetRef', 'kind') === target.kind &&
      textAt(canary, 'spec', 'targetRef', 'name') === target.metadata.name,
  );
}

function claimed(target: KubeObject, canary: Canary, holder: KubeObject): ClusterError {
  const { namespace, name } = canary.metadata;
  const message = `spec.targetRef: found ${target.kind} ${namespace}/${target.metadata.name}, which Canary ${namespace}/${holder.metadata.name} already releases, allowed is a target that no other Canary than ${name} names`;
  return new ClusterError(message, { code: 409, reason: TARGET_CLAIMED });
}
